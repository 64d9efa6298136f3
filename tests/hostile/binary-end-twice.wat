;; attack: A function body that ends twice: the second `end` closes a block that is not there.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\05\01\03\00\0b\0b")

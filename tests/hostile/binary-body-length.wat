;; attack: A function body that claims to be longer than its section.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\04\01\70\00\0b")

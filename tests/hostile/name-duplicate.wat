;; attack: Exports the same name twice, so that what was checked and what is called could differ.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\03\02\00\00"             ;; two functions
  "\07\0d\02\03run\00\00\03run\00\01"
  "\0a\07\02\02\00\0b\02\00\0b")

;; attack: Declares a function and exports it, but has no code section at all.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"                ;; one function
  "\07\07\01\03run\00\00")

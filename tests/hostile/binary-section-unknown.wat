;; attack: Has a section of number 66.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\42\01\00")

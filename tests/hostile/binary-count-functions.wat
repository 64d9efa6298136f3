;; attack: Declares two functions and has code for one.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\03\02\00\00"             ;; two functions
  "\0a\04\01\02\00\0b")         ;; one body

;; attack: Ends in the middle of a number that says it goes on.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\80")

;; attack: A function of type 5 where there is one type.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\05"
  "\0a\04\01\02\00\0b")

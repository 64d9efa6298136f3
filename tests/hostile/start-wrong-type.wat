;; attack: Its start function takes a parameter that nobody will pass.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\05\01\60\01\7f\00"       ;; type 0: (i32) -> ()
  "\03\02\01\00"                ;; function 0 has it
  "\08\01\00"                   ;; start function 0
  "\0a\04\01\02\00\0b")

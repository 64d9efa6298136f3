;; attack: Uses an opcode that does not exist. An interpreter that jumps through a table would jump anywhere.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\05\01\03\00\27\0b")

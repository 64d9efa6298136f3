;; attack: Uses the opcodes with which WAMR replaces others while it loads, beyond those of the standard: in a
;;   module they must not pass.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\07\01\05\01\01\7f\d7\0b")

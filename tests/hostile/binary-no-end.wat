;; attack: A function body without its end: an interpreter would run on into the next function.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\04\01\02\00\01")         ;; nop instead of end

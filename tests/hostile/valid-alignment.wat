;; attack: Claims an alignment of 16 for a load of 4 bytes, on which a compiler could rely.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\05\03\01\00\01"             ;; one memory of a page
  "\07\07\01\03run\00\00"
  "\0a\0a\01\08\00\41\01\28\04\00\1a\0b")  ;; i32.load with alignment 2^4

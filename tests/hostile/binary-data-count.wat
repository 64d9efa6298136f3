;; attack: Announces three data segments, uses the third with memory.init and has only one: the index points behind
;;   the list.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\05\03\01\00\01"             ;; one memory of a page
  "\07\07\01\03run\00\00"
  "\0c\01\03"                   ;; three data segments
  "\0a\0e\01\0c\00\41\00\41\00\41\01\fc\08\02\00\0b"
  "\0b\04\01\01\01x")           ;; one

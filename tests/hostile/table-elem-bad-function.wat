;; attack: An element segment names function 9 of one: calling it would jump through memory behind the list of
;;   functions.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"                ;; function 0
  "\04\04\01\70\00\01"          ;; table of one funcref
  "\09\07\01\00\41\00\0b\01\09"  ;; element 0 is function 9
  "\0a\04\01\02\00\0b")

;; attack: Calls a function of 900 locals in every round: they take most of the stack, and each call has to set all
;;   of them to zero.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\03\02\00\00"             ;; two functions
  "\07\07\01\03run\00\01"
  "\0a\11\02"
    "\05\01\84\07\7f\0b"        ;; 900 locals of type i32
    "\09\00\03\40\10\00\0c\00\0b\0b")  ;; loop: call the other, again

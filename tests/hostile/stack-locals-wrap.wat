;; attack: Declares 2^32 - 1 locals twice: the sum wraps around in 32 bits to a number that looks small.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\11\01\0f\02"             ;; one function, two groups of locals
    "\ff\ff\ff\ff\0f\7f"        ;; 4,294,967,295 of type i32
    "\ff\ff\ff\ff\0f\7f"        ;; again
    "\0b")

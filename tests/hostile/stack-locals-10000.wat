;; attack: One function with 10,000 locals: 40 KB of frame against a stack of 8 KiB. The frame is checked as a
;;   whole before it is cleared.
;; expect: trapped stack-overflow

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\07\01\05\01\90\4e\7f\0b")  ;; 10,000 locals of type i32

;; attack: One function with 50,000 64-bit locals, 400 KB of frame from 8 bytes of code. WAMR counts 32-bit cells
;;   in 16 bits and must refuse, not wrap.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03run\00\00"
  "\0a\08\01\06\01\d0\86\03\7e\0b")  ;; 50,000 locals of type i64

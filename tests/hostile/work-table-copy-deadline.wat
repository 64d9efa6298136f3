;; attack: Moves a table of 1,024 elements up and down in every round: one instruction, a thousand moves.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module
  (table $t 1024 funcref)
  (func (export "run")
    (loop $again
      (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 1023))
      (br $again))))

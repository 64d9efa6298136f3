;; attack: Fills a table of 1,024 elements in every round: one instruction, a thousand writes. The clock has to be
;;   looked at often enough all the same.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module
  (table $t 1024 funcref)
  (elem declare func $run)
  (func $run (export "run")
    (loop $again
      (table.fill $t (i32.const 0) (ref.func $run) (i32.const 1024))
      (br $again))))

;; attack: Stores eight bytes of which seven lie inside memory. A runtime that writes before it checks would
;;   corrupt one byte of the pool.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run")
    (i64.store (i32.const 65529) (i64.const -1))))

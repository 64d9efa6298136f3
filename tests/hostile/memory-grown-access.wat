;; attack: Grows from one to two pages, uses the last bytes of the new page (which has to be zero before), then
;;   steps over its end.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run") (result i64)
    (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then (return (i64.const -1))))
    (if (i64.ne (i64.load (i32.const 131064)) (i64.const 0)) (then (return (i64.const -2))))
    (i64.store (i32.const 131064) (i64.const -1))
    (i64.load (i32.const 131065))))

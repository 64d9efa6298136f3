;; attack: Uses a data segment after data.drop. Its length is zero from then on; a runtime that freed the bytes and
;;   still copied would leak its pool.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (data $secret "0123456789abcdef")
  (func (export "run")
    (data.drop $secret)
    (memory.init $secret (i32.const 0) (i32.const 0) (i32.const 0))   ;; no bytes of none: allowed
    (memory.init $secret (i32.const 0) (i32.const 0) (i32.const 1))))

;; attack: Takes a 64-bit remainder by zero: on a 32-bit device that is a library call with its own idea of what
;;   happens.
;; call: run i32:0
;; expect: trapped integer-division-by-zero

(module
  (func (export "run") (param i32)
    (drop (i64.rem_u (i64.const 1) (i64.extend_i32_u (local.get 0))))))

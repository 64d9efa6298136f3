;; attack: Converts infinity to a 64-bit integer: undefined behaviour in C.
;; call: run i32:0
;; expect: trapped integer-overflow

(module
  (func (export "run") (param i32)
    (drop (i64.trunc_f64_u (f64.div (f64.const 1) (f64.convert_i32_s (local.get 0)))))))

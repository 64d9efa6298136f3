;; attack: Converts 2^31 to a signed 32-bit integer, one more than the largest: the bound has to be exact in double
;;   precision.
;; call: run i32:0
;; expect: trapped integer-overflow

(module
  (func (export "run") (param i32)
    (drop (i32.trunc_f64_s (f64.add (f64.const 2147483648) (f64.convert_i32_s (local.get 0)))))))

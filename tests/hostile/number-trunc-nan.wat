;; attack: Converts NaN to an integer: undefined behaviour in C.
;; call: run i32:0
;; expect: trapped bad-conversion-to-integer

(module
  (func (export "run") (param i32)
    (drop (i32.trunc_f32_s (f32.div (f32.convert_i32_s (local.get 0)) (f32.const 0))))))

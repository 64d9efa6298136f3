;; attack: Shifts by more than the width of the type, undefined behaviour in C: the standard takes the amount
;;   modulo the width, here 33 mod 32 and 65 mod 64.
;; call: run i32:33
;; expect: returned i64:4

(module
  (func (export "run") (param i32) (result i64)
    (i64.add
      (i64.extend_i32_u (i32.shl (i32.const 1) (local.get 0)))
      (i64.shl (i64.const 1) (i64.add (i64.extend_i32_u (local.get 0)) (i64.const 32))))))

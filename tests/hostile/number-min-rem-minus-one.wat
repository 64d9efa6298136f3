;; attack: The remainder of the smallest number by -1 is 0 by the standard, but the division instruction of x86
;;   faults on it.
;; call: run i64:-1
;; expect: returned i64:0

(module
  (func (export "run") (param i64) (result i64)
    (i64.rem_s (i64.const 0x8000000000000000) (local.get 0))))

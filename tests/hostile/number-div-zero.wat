;; attack: Divides by zero, which on some processors stops the machine.
;; call: run i32:0
;; expect: trapped integer-division-by-zero

(module
  (func (export "run") (param i32)
    (drop (i32.div_s (i32.const 1) (local.get 0)))))

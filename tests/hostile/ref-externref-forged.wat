;; attack: Wants to make an externref out of a number, to have the host take it for a pointer. Only validation
;;   stands against it.
;; expect: refused invalid-module

(module
  (table $t 1 externref)
  (func (export "run")
    (table.set $t (i32.const 0) (i32.const 0x20000000))))

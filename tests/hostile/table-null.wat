;; attack: Calls a table element that was never set.
;; expect: trapped indirect-call-to-null

(module
  (type $f (func))
  (table 4 funcref)
  (func (export "run")
    (call_indirect (type $f) (i32.const 3))))

;; attack: Calls itself through a table without end.
;; expect: trapped stack-overflow

(module
  (type $f (func (param i32)))
  (table funcref (elem $f))
  (func $f (param i32)
    (call_indirect (type $f) (local.get 0) (i32.const 0)))
  (func (export "run") (call $f (i32.const 0))))

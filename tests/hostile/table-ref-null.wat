;; attack: Sets a table element to null and calls it: the number a runtime keeps for null must not be taken for a
;;   function.
;; expect: trapped indirect-call-to-null

(module
  (type $f (func))
  (table funcref (elem $good))
  (func $good)
  (func (export "run")
    (call_indirect (type $f) (i32.const 0))
    (table.set (i32.const 0) (ref.null func))
    (call_indirect (type $f) (i32.const 0))))

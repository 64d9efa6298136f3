;; attack: Calls a function that takes a 64-bit number as one that takes none: it would read two cells of somebody
;;   else's stack.
;; expect: trapped bad-signature

(module
  (type $leak (func (result i64)))
  (table funcref (elem $takes))
  (func $takes (param i64) (result i64) (local.get 0))
  (func (export "run") (result i64)
    (call_indirect (type $leak) (i32.const 0))))

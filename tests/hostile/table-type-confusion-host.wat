;; attack: Calls a host function through the table with another type than it has.
;; expect: trapped bad-signature

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (type $other (func (param i64)))
  (memory 1)
  (table funcref (elem $log))
  (func (export "run")
    (call_indirect (type $other) (i64.const -1) (i32.const 0))))

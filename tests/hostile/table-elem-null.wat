;; attack: Writes a null into a table by an active element segment: WAMR writes the number of the first function, which
;;   a call through the table then enters.
;; expect: trapped indirect-call-to-null

(module
  (type $f (func))
  (func $first)
  (table 2 funcref)
  (elem (i32.const 0) funcref (ref.func $first) (ref.null func))
  (func (export "run")
    (call_indirect (type $f) (i32.const 0))
    (call_indirect (type $f) (i32.const 1))))

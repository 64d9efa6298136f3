;; attack: Exports functions that give and take references; from outside they could be forged numbers. Devices call
;;   functions of numbers only, so `run` keeps its references to itself.
;; expect: returned i32:2

(module
  (table $t 2 externref)
  (func $null (export "make") (result externref) (ref.null extern))
  (func $count (export "take") (param externref) (result i32) (ref.is_null (local.get 0)))
  (func (export "run") (result i32)
    (table.set $t (i32.const 1) (call $null))
    (i32.add (call $count (table.get $t (i32.const 1))) (ref.is_null (table.get $t (i32.const 0))))))

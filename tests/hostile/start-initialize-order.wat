;; attack: Depends on the order: the start function is part of the instantiation, and `_initialize` comes before all
;;   other exports.
;; expect: returned i32:123

(module
  (global $order (mut i32) (i32.const 0))
  (func $append (param i32)
    (global.set $order (i32.add (i32.mul (global.get $order) (i32.const 10)) (local.get 0))))
  (func (export "__post_instantiate") (call $append (i32.const 3)))
  (func (export "_initialize") (call $append (i32.const 2)))
  (func $start (call $append (i32.const 1)))
  (start $start)
  (func (export "run") (result i32) (global.get $order)))

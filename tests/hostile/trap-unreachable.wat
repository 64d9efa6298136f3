;; attack: Aborts, as a panicking app does, in the middle of a call chain with changed memory. A trap, not a fault
;;   of the device.
;; expect: trapped unreachable

(module
  (memory 1)
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (unreachable)))
    (i32.store (i32.const 0) (local.get 0))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func (export "run") (call $deep (i32.const 10))))

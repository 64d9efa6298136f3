;; Misbehaves on purpose: each export ends in a different kind of trap.
(module
  (memory 1 1)
  (func (export "unreachable")
    unreachable)
  (func (export "divide") (param $a i32) (param $b i32) (result i32)
    (i32.div_s (local.get $a) (local.get $b)))
  (func (export "load") (param $address i32) (result i32)
    (i32.load (local.get $address)))
  (func $recurse (export "recurse")
    (call $recurse)))

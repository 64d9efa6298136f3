;; attack: Spins in a function that the host calls back into: the inner call must not start with a full tank.
;; expect: stopped fuel

(module
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (func (export "back") (param i32) (result i32)
    (loop $again (br $again)) (unreachable))
  (func (export "run") (result i32) (call $call_back (i32.const 1))))

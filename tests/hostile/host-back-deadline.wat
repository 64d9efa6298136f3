;; attack: Spins in a call-back with fuel for hours: the deadline of the run holds inside it.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (func (export "back") (param i32) (result i32)
    (loop $again (br $again)) (unreachable))
  (func (export "run") (result i32) (call $call_back (i32.const 1))))

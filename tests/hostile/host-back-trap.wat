;; attack: Traps in a call-back: the trap has to end the outer call as well, through the host function between
;;   them.
;; expect: trapped unreachable

(module
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (func (export "back") (param i32) (result i32) (unreachable))
  (func (export "run") (result i32)
    (drop (call $call_back (i32.const 1)))
    (i32.const 1)))

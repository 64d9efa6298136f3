;; attack: Grows memory in a call-back, which moves it, and goes on with the old function: the interpreter must not
;;   keep the base address or size over a host call.
;; expect: returned i32:42

(module
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (memory 1)
  (func (export "back") (param i32) (result i32)
    (drop (memory.grow (i32.const 1)))
    (i32.store (i32.const 131068) (local.get 0))
    (local.get 0))
  (func (export "run") (result i32)
    (i32.store (i32.const 16) (i32.const 7))
    (drop (call $call_back (i32.const 35)))
    (i32.add (i32.load (i32.const 131068)) (i32.load (i32.const 16)))))

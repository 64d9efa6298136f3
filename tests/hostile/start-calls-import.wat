;; attack: Calls host functions in its start function: the host is entered while the instance is being made.
;; expect: returned i32:1

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (import "test" "wait" (func $wait (param i32)))
  (memory 1)
  (func $start (call $log (i32.const 0) (i32.const 0)))
  (start $start)
  (func (export "run") (result i32) (i32.const 1)))

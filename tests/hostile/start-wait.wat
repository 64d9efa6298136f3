;; attack: Sleeps in a host function during the start function: fuel does not move, only the deadline can end it.
;; limits: deadline_ms=50
;; expect: refused start-failed

(module
  (import "test" "wait" (func $wait (param i32)))
  (func $start (loop $again (call $wait (i32.const 3600000)) (br $again)))
  (start $start)
  (func (export "run")))

;; attack: Calls the host through a table for ever; counting must not depend on the way of calling.
;; limits: host_calls=10
;; expect: stopped host-calls

(module
  (import "wamr" "uptime_ms" (func $uptime (result i64)))
  (type $clock (func (result i64)))
  (table funcref (elem $uptime))
  (func (export "run")
    (loop $again
      (drop (call_indirect (type $clock) (i32.const 0)))
      (br $again))))

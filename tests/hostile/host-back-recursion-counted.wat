;; attack: Recurses through the host with few host calls allowed: the count goes on over re-entries.
;; limits: host_calls=5
;; expect: stopped host-calls

(module
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (func $back (export "back") (param i32) (result i32) (call $call_back (local.get 0)))
  (func (export "run") (result i32) (call $back (i32.const 1))))

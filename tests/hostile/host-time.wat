;; attack: Spends its time in host functions, which count no instructions, each of them shorter than the deadline.
;; limits: host_ms=50 fuel=1000000
;; expect: stopped host-time

(module
  (import "test" "wait" (func $wait (param i32)))
  (func (export "run")
    (loop $again
      (call $wait (i32.const 20))
      (br $again))))

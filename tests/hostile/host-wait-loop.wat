;; attack: Sleeps for a millisecond again and again, never long enough for one call to be at fault: the time adds
;;   up.
;; limits: deadline_ms=50 host_calls=1000000
;; expect: stopped deadline

(module
  (import "test" "wait" (func $wait (param i32)))
  (func (export "run")
    (loop $again
      (call $wait (i32.const 1))
      (br $again))))

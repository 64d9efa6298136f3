;; attack: Sleeps for 49 days in one host call: no instruction executes and nothing can be counted. The host
;;   function has to watch the deadline, and so has whoever would call it again.
;; limits: deadline_ms=50
;; expect: stopped deadline

(module
  (import "test" "wait" (func $wait (param i32)))
  (func (export "run")
    (loop $again
      (call $wait (i32.const -1))
      (br $again))))

;; attack: Logs a whole page in every round: one host call that is much work. Host calls are counted, and their
;;   time counts against the deadline.
;; limits: host_calls=4
;; expect: stopped host-calls

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (func (export "run")
    (loop $again
      (call $log (i32.const 0) (i32.const 65536))
      (br $again))))

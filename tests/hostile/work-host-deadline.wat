;; attack: Has the host check 64 KiB of text in every round: two instructions, a host call, a page to read.
;; limits: fuel=2000000000 deadline_ms=50 host_calls=1000000000
;; expect: stopped deadline

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (func (export "run")
    (loop $again
      (call $log (i32.const 0) (i32.const 65536))
      (br $again))))

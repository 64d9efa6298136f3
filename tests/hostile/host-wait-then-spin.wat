;; attack: Sleeps for nearly all of its time, then spins: the deadline runs from the start of the run, not from the
;;   last return of the host.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module
  (import "test" "wait" (func $wait (param i32)))
  (func (export "run")
    (call $wait (i32.const 40))
    (loop $again (br $again))))

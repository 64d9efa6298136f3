;; attack: Spins in the start function with fuel for hours: the deadline covers instantiation, too.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: refused start-failed

(module
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "run")))

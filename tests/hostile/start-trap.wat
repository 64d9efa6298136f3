;; attack: Traps in the start function: the half-made instance has to go, with all that it took of the pool.
;; expect: refused start-failed

(module
  (memory 1)
  (func $start (unreachable))
  (start $start)
  (func (export "run")))

;; attack: Recurses without end in the start function.
;; expect: refused start-failed

(module
  (func $start (call $start))
  (start $start)
  (func (export "run")))

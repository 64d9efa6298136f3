;; attack: Traps in `_initialize`: the app must not look as if it had started.
;; expect: refused start-failed

(module
  (func (export "_initialize") unreachable)
  (func (export "run")))

;; attack: Exports an `_initialize` with parameters and results. Called as () -> () it would find other values on the
;;   stack than it expects; not called it would leave the app half made.
;; expect: refused invalid-module

(module
  (func (export "_initialize") (param i64 i64) (result i64) unreachable)
  (func (export "run")))

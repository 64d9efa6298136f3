;; attack: Imports `_log`: WAMR drops a leading underscore when it looks for a host function, so names nobody
;;   offers would be found.
;; expect: refused unknown-import

(module
  (import "wamr" "_log" (func (param i32 i32)))
  (func (export "run")))

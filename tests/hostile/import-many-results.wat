;; attack: Imports a known function with two results where it has one.
;; expect: refused unknown-import

(module
  (import "wamr" "uptime_ms" (func (result i64 i64)))
  (func (export "run")))

;; attack: Imports a known function with other types, so that a number would be taken for an address and length.
;; expect: refused unknown-import

(module
  (import "wamr" "log" (func (param i64) (result i32)))
  (func (export "run")))

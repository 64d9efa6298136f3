;; attack: Exports a host function as `_initialize`: WAMR takes every function that it calls here for one of the module.
;; expect: returned i32:1

(module
  (import "wamr" "confirm" (func $confirm))
  (export "_initialize" (func $confirm))
  (func (export "run") (result i32) (i32.const 1)))

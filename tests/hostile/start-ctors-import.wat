;; attack: Exports host functions as `__wasm_call_ctors` and `__post_instantiate`: WAMR takes them for functions of the
;;   module, and the import's name for the function's type.
;; expect: returned i32:1

(module
  (import "wamr" "confirm" (func $confirm))
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (export "__wasm_call_ctors" (func $confirm))
  (export "__post_instantiate" (func $log))
  (func (export "run") (result i32) (i32.const 1)))

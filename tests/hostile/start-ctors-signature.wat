;; attack: Exports `__wasm_call_ctors` and `__post_instantiate` with parameters and results. Called as () -> ()
;;   they would find garbage on the stack; WAMR leaves alone what has another type.
;; expect: returned i32:7

(module
  (func (export "__wasm_call_ctors") (param i64 i64) (result i64) (unreachable))
  (func (export "__post_instantiate") (param i32) (result i32) (unreachable))
  (func (export "run") (result i32) (i32.const 7)))

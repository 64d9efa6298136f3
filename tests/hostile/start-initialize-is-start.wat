;; attack: Has one function as start function, `_initialize` and `__wasm_call_ctors`. It must run once.
;; expect: returned i32:1

(module
  (global $runs (mut i32) (i32.const 0))
  (func $initialize (export "_initialize") (export "__wasm_call_ctors")
    (global.set $runs (i32.add (global.get $runs) (i32.const 1))))
  (start $initialize)
  (func (export "run") (result i32) (global.get $runs)))

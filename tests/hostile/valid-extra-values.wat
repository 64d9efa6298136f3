;; attack: Leaves more values than its block has results, over and over, so that the stack grows in a loop.
;; expect: refused invalid-module

(module
  (func (export "run")
    (loop (result) i64.const 1 i64.const 2 br 0))
  (func (result i32) i32.const 1 i32.const 2))

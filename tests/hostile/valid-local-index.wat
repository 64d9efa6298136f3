;; attack: Reads local 1,000 of a function that has one: a place far down the stack of the interpreter.
;; expect: refused invalid-module

(module
  (func (export "run") (param i32) (result i32) local.get 1000))

;; attack: Adds two numbers of which none is there: it would take them from the caller's frame.
;; expect: refused invalid-module

(module
  (func (export "run") (result i32) i32.add))

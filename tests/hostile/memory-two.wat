;; attack: Declares two memories; a runtime that checks accesses against the wrong one has no bounds at all.
;; expect: refused invalid-module

(module
  (memory 1)
  (memory 1)
  (func (export "run") (result i32) (i32.load 1 (i32.const 0))))

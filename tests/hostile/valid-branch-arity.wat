;; attack: A br_table whose targets take different numbers of values.
;; expect: refused invalid-module

(module
  (func (export "run") (result i32)
    (block (block (result i32) i32.const 1 i32.const 0 br_table 0 1) drop)
    i32.const 1))

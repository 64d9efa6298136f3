;; attack: Returns 9 values, one more than a receipt has room for.
;; expect: refused bad-arguments

(module
  (func (export "run") (result i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
    (i32.const 8)))

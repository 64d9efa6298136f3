;; attack: Passes 16 values through nested blocks, and returns half of them: the most that a receipt has room for.
;; expect: returned i32:0 i32:1 i32:2 i32:3 i32:4 i32:5 i32:6 i32:7

(module
  (type $all (func (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (func $values (type $all)
    (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
    (i32.const 8) (i32.const 9) (i32.const 10) (i32.const 11) (i32.const 12) (i32.const 13) (i32.const 14) (i32.const 15))
  (func (export "run") (result i32 i32 i32 i32 i32 i32 i32 i32)
    (block (type $all) (block (type $all) (call $values) (br 1)))
    drop drop drop drop drop drop drop drop))

;; attack: Returns 16 values, the most a device passes on, through nested blocks that pass them all.
;; expect: returned i32:0 i32:1 i32:2 i32:3 i32:4 i32:5 i32:6 i32:7 i32:8 i32:9 i32:10 i32:11 i32:12 i32:13 i32:14 i32:15

(module
  (type $all (func (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (func $values (type $all)
    (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i32.const 6) (i32.const 7)
    (i32.const 8) (i32.const 9) (i32.const 10) (i32.const 11) (i32.const 12) (i32.const 13) (i32.const 14) (i32.const 15))
  (func (export "run") (type $all)
    (block (type $all) (block (type $all) (call $values) (br 1)))))

;; attack: Uses an element segment after elem.drop.
;; expect: trapped table-out-of-bounds

(module
  (table $t 4 funcref)
  (elem $segment func $run $run)
  (func $run (export "run")
    (elem.drop $segment)
    (table.init $t $segment (i32.const 0) (i32.const 0) (i32.const 1))))

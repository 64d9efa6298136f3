;; attack: Copies an element segment over the end of a table, with numbers whose sum wraps around.
;; expect: trapped table-out-of-bounds

(module
  (table $t 4 funcref)
  (elem $segment func $run $run)
  (func $run (export "run")
    (table.init $t $segment (i32.const 0xffffffff) (i32.const 0) (i32.const 2))))

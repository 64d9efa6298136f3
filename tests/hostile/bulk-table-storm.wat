;; attack: Fills, copies and initialises a table of 1024 elements for ever: bulk work outside of linear memory.
;; expect: stopped fuel

(module
  (table $t 1024 funcref)
  (elem $segment func $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run
      $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run $run)
  (func $run (export "run")
    (loop $again
      (table.fill $t (i32.const 0) (ref.func $run) (i32.const 1024))
      (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 1023))
      (table.init $t $segment (i32.const 7) (i32.const 0) (i32.const 32))
      (br $again))))

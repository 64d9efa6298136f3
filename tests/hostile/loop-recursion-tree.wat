;; attack: Calls itself twice at each of 40 levels: the stack stays shallow while 2^40 calls have to run.
;; expect: stopped fuel

(module
  (func $tree (param $levels i32)
    (if (local.get $levels)
      (then
        (call $tree (i32.sub (local.get $levels) (i32.const 1)))
        (call $tree (i32.sub (local.get $levels) (i32.const 1))))))
  (func (export "run") (call $tree (i32.const 40))))

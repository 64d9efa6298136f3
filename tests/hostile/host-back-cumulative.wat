;; attack: Has the host call back 100 times, some thousand instructions each time: every call alone is far below
;;   the limit of 200,000, all together are beyond. Fuel is counted over re-entries.
;; expect: stopped fuel

(module
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (func (export "back") (param $i i32) (result i32)
    (loop $again
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32.const 0))
  (func (export "run") (local $i i32)
    (loop $again
      (drop (call $call_back (i32.const 2500)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))))

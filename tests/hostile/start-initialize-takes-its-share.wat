;; attack: Spends three quarters of the fuel in the start function and again in `_initialize`: limits per function
;;   instead of per instantiation would add up.
;; expect: refused start-failed

(module
  (global $a (mut i64) (i64.const 0))
  (func $spend (local $i i32)   ;; 6,500 rounds of 22 to 26 instructions
    (local.set $i (i32.const 6500))
    (loop $again
      (global.set $a (global.get $a)) (global.set $a (global.get $a)) (global.set $a (global.get $a))
      (global.set $a (global.get $a)) (global.set $a (global.get $a)) (global.set $a (global.get $a))
      (global.set $a (global.get $a)) (global.set $a (global.get $a)) (global.set $a (global.get $a))
      (global.set $a (global.get $a))
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
  (func $start (call $spend))
  (start $start)
  (func (export "_initialize") (call $spend))
  (func (export "run")))

;; attack: Spends three quarters of the fuel in `__post_instantiate` and again in the start function: limits per
;;   function instead of per instantiation would add up.
;; limits: fuel=400000
;; expect: refused start-failed

(module
  (func $spend (export "__post_instantiate") (local $i i32)   ;; 50,000 rounds of 6 instructions
    (local.set $i (i32.const 50000))
    (loop $again
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))
  (start $spend)
  (func (export "run")))

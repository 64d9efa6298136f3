;; attack: Six nested loops of 2^32 rounds each: every single loop ends, the run would take longer than the
;;   universe is old.
;; expect: stopped fuel

(module
  (func (export "run") (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $f i32)
    (loop $la (loop $lb (loop $lc (loop $ld (loop $le (loop $lf
      (br_if $lf (local.tee $f (i32.sub (local.get $f) (i32.const 1)))))
      (br_if $le (local.tee $e (i32.sub (local.get $e) (i32.const 1)))))
      (br_if $ld (local.tee $d (i32.sub (local.get $d) (i32.const 1)))))
      (br_if $lc (local.tee $c (i32.sub (local.get $c) (i32.const 1)))))
      (br_if $lb (local.tee $b (i32.sub (local.get $b) (i32.const 1)))))
      (br_if $la (local.tee $a (i32.sub (local.get $a) (i32.const 1)))))))

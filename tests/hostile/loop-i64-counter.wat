;; attack: Counts down from 2^63 in 64-bit steps of one: finite, so a check that looks for "endless" code finds
;;   nothing.
;; expect: stopped fuel

(module
  (func (export "run") (result i64) (local $i i64)
    (local.set $i (i64.const 0x7fffffffffffffff))
    (loop $again
      (local.set $i (i64.sub (local.get $i) (i64.const 1)))
      (br_if $again (i64.ne (local.get $i) (i64.const 0))))
    (local.get $i)))

;; attack: Spins on a conditional branch whose condition is true until a 32-bit counter has wrapped around 2^32
;;   times.
;; expect: stopped fuel

(module
  (func (export "run") (local $low i32) (local $high i32)
    (loop $again
      (local.set $low (i32.add (local.get $low) (i32.const 1)))
      (br_if $again (local.get $low))
      (local.set $high (i32.add (local.get $high) (i32.const 1)))
      (br_if $again (local.get $high)))))

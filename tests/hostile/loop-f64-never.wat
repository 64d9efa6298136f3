;; attack: Adds 1.0 to 2^53 until it is larger. Rounding keeps it at 2^53 forever, so the loop that looks finite is
;;   not.
;; expect: stopped fuel

(module
  (func (export "run") (local $x f64)
    (local.set $x (f64.const 0x1p53))
    (loop $again
      (local.set $x (f64.add (local.get $x) (f64.const 1)))
      (br_if $again (f64.le (local.get $x) (f64.const 0x1p53))))))

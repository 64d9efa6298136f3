;; attack: Spins on br_table, whose every entry and default lead back to loops. A stop flag checked at br and br_if
;;   only would miss it.
;; expect: stopped fuel

(module
  (func (export "run") (local $i i32)
    (loop $outer
      (loop $inner
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_table $inner $outer $inner $outer (i32.and (local.get $i) (i32.const 7)))))))

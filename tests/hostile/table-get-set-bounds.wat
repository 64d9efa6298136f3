;; attack: Writes one element past the end of a table with table.set.
;; expect: trapped table-out-of-bounds

(module
  (table $t 4 funcref)
  (func (export "run")
    (table.set $t (i32.const 3) (table.get $t (i32.const 0)))
    (table.set $t (i32.const 4) (ref.null func))))

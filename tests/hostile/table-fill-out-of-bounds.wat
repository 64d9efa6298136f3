;; attack: Fills a table from inside to far behind its end.
;; expect: trapped table-out-of-bounds

(module
  (table $t 4 funcref)
  (func (export "run")
    (table.fill $t (i32.const 2) (ref.null func) (i32.const 0x7fffffff))))

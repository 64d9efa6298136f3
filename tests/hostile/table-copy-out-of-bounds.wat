;; attack: Copies between two tables of different sizes so that the source ends behind its table.
;; expect: trapped table-out-of-bounds

(module
  (table $small 2 funcref)
  (table $large 8 funcref)
  (func (export "run")
    (table.copy $large $small (i32.const 0) (i32.const 1) (i32.const 2))))

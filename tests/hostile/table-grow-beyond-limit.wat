;; attack: Grows a table by more than the limit and by the largest number: -1 both times, and the size stays 1.
;; expect: returned i32:-1

(module
  (table $t 1 funcref)
  (func (export "run") (result i32)
    (i32.add
      (i32.add
        (table.grow $t (ref.null func) (i32.const 1024))
        (table.grow $t (ref.null func) (i32.const 0xffffffff)))
      (table.size $t))))

;; attack: Grows a table for ever, by one, by 2^31 and by zero.
;; expect: stopped fuel

(module
  (table $t 1 funcref)
  (func (export "run")
    (loop $again
      (drop (table.grow $t (ref.null func) (i32.const 1)))
      (drop (table.grow $t (ref.null func) (i32.const 0x80000000)))
      (drop (table.grow $t (ref.null func) (i32.const 0)))
      (br $again))))

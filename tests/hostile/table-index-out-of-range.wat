;; attack: Calls through element 2^32 - 1 of a table of one.
;; expect: trapped table-out-of-bounds

(module
  (type $f (func))
  (table 1 funcref)
  (func (export "run")
    (call_indirect (type $f) (i32.const -1))))

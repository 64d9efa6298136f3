;; attack: An active element segment that ends one element behind its table: instantiation itself would write
;;   there.
;; expect: refused start-failed

(module
  (table 2 funcref)
  (elem (i32.const 1) $f $f)
  (func $f (export "run")))

;; attack: Starts with a table of 2,000 elements where 1,024 are allowed.
;; expect: refused limit-exceeded

(module
  (table 2000 funcref)
  (func (export "run")))

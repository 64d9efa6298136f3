;; attack: Declares 40 tables of 1,024 elements, each within the limit. Together they need more than the pool has.
;; expect: refused out-of-memory

(module
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (table 1024 externref) (table 1024 externref) (table 1024 externref) (table 1024 externref)
  (func (export "run")))

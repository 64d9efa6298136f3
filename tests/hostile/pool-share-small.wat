;; attack: Begins with more memory than its share of the pool, while the pool itself has enough.
;; limits: pool=100000
;; expect: refused out-of-memory

(module
  (memory 2)
  (func (export "run")))

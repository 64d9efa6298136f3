;; attack: Starts with a table of 2^32 - 1 elements, whose size in bytes overflows 32 bits.
;; expect: refused limit-exceeded

(module
  (table 0xffffffff funcref)
  (func (export "run")))

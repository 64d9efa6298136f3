;; attack: Adds an integer to a float, and stores a 64-bit number as an address.
;; expect: refused invalid-module

(module
  (memory 1)
  (func (export "run") (i64.store (i64.const 0) (f32.const 1))))

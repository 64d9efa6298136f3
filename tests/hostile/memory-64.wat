;; attack: Declares a 64-bit memory and loads at 2^40. WAMR is built without memory64.
;; expect: refused invalid-module

(module
  (memory i64 1)
  (func (export "run") (result i32) (i32.load (i64.const 0x10000000000))))

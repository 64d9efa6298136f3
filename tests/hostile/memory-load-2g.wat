;; attack: Loads just below 2^31: adding it to the base pointer of a 32-bit device wraps around into other memory.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run") (result i64)
    (i64.load (i32.const 0x7fffffff))))

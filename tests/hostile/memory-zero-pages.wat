;; attack: Declares a memory of zero pages and loads its first byte.
;; expect: trapped memory-out-of-bounds

(module
  (memory 0)
  (func (export "run") (result i32)
    (i32.load8_u (i32.const 0))))

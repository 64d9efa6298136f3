;; attack: Loads at 2^31 - 1 and 2^32 - 1, which as a signed address would lie far below memory.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run") (result i32)
    (i32.load8_u (i32.const 0xffffffff))))

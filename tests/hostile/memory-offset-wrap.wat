;; attack: Address 0xffffffff plus the static offset 2 is 1 in 32-bit arithmetic, a valid address. The sum has to
;;   be taken in 64 bits.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run")
    (i32.store8 offset=2 (i32.const 0xffffffff) (i32.const 0x5a))))

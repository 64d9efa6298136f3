;; attack: Fills with an address and a length whose 32-bit sum wraps around to a small number: a naive bounds check
;;   lets it overwrite the whole pool.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run")
    (memory.fill (i32.const 0xfffffff0) (i32.const 0xff) (i32.const 0x20))))

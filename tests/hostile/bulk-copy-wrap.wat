;; attack: Copies from a source whose address plus length wraps around 2^32: would read the pool behind memory into
;;   the guest.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run")
    (memory.copy (i32.const 0) (i32.const 0x8000) (i32.const 0xffff8001))))

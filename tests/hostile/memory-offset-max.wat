;; attack: The largest static offset on address 0 and the largest address with the largest offset: neither may come
;;   out inside memory.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run") (result i32)
    (i32.load8_u offset=0xffffffff (i32.const 0xffffffff))))

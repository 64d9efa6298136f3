;; attack: Copies overlapping halves of memory up and down for ever: memory.copy as the cheapest way to burn memory
;;   bandwidth.
;; expect: stopped fuel

(module
  (memory 1)
  (func (export "run")
    (loop $again
      (memory.copy (i32.const 1) (i32.const 0) (i32.const 65535))
      (memory.copy (i32.const 0) (i32.const 1) (i32.const 65535))
      (br $again))))

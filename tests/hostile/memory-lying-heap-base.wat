;; attack: Exports __heap_base and __data_end that lie far outside of memory: WAMR takes them as layout of a C
;;   program and must not trust them.
;; expect: returned i32:0

(module
  (memory (export "memory") 1)
  (global (export "__heap_base") i32 (i32.const 0x7ffffff0))
  (global (export "__data_end") i32 (i32.const 0x7fffffe0))
  (global $stack (mut i32) (i32.const 0x7fffffe0))
  (func (export "run") (result i32)
    (i32.load (i32.const 0x100))))

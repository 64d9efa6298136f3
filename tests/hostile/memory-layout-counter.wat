;; attack: Exports __heap_base and __data_end, as C programs do, and its first mutable global counts down to 0: WAMR takes
;;   it for a stack pointer that overflows.
;; expect: returned i32:-1

(module
  (memory (export "memory") 1)
  (global $left (mut i32) (i32.const 3))
  (global (export "__data_end") i32 (i32.const 2048))
  (global (export "__heap_base") i32 (i32.const 2048))
  (func (export "run") (result i32)
    (loop $again
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (br_if $again (i32.ge_s (global.get $left) (i32.const 0))))
    (global.get $left)))

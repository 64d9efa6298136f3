;; attack: Has the memory layout, the stack pointer and the name section of LLVM's linker, and runs a function on a stack
;;   in the heap, as fibers and goroutines do: WAMR traps when the stack pointer goes there.
;; expect: returned i32:42

(module
  (memory (export "memory") 1)
  (global $__stack_pointer (mut i32) (i32.const 5120))
  (global (export "__data_end") i32 (i32.const 1024))
  (global (export "__heap_base") i32 (i32.const 5120))
  (func $fiber (result i32) (local $frame i32)
    (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 16))))
    (i32.store offset=12 (local.get $frame) (i32.const 42))
    (i32.load offset=12 (local.get $frame))
    (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16))))
  (func (export "run") (result i32) (local $main i32)
    (local.set $main (global.get $__stack_pointer))
    (global.set $__stack_pointer (i32.const 9216))
    (call $fiber)
    (global.set $__stack_pointer (local.get $main))))

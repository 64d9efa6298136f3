;; attack: Recurses until the stack that C programs keep in linear memory overflows. It lies first, as LLVM's linker puts
;;   it with --stack-first, so that what is below address 0 is out of bounds.
;; limits: stack=65536 fuel=2000000
;; expect: trapped memory-out-of-bounds

(module
  (memory (export "memory") 1)
  (global $__stack_pointer (mut i32) (i32.const 4096))
  (global (export "__data_end") i32 (i32.const 5000))
  (global (export "__heap_base") i32 (i32.const 5008))
  (func $recurse (export "run") (local $frame i32)
    (global.set $__stack_pointer (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 64))))
    (i32.store offset=12 (local.get $frame) (i32.const 1))
    (call $recurse)
    (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 64)))))

;; attack: Exports __heap_base and __data_end, as C programs do, and its first mutable global is the end of its heap and
;;   not a stack pointer: WAMR traps when it grows ("wasm auxiliary stack underflow").
;; expect: returned i32:1056

(module
  (memory (export "memory") 1)
  (global (export "__data_end") i32 (i32.const 1024))
  (global (export "__heap_base") i32 (i32.const 1024))
  (global $end (mut i32) (i32.const 1024))
  (func $allocate (param i32) (result i32)
    (global.get $end)
    (global.set $end (i32.add (global.get $end) (local.get 0))))
  (func (export "run") (result i32)
    (drop (call $allocate (i32.const 32)))
    (call $allocate (i32.const 32))))

;; attack: A reactor as wasi-libc makes them, which traps when it is initialized twice, with its constructors exported,
;;   too: they must not run before, after or without `_initialize`.
;; expect: returned i32:1

(module
  (global $initialized (mut i32) (i32.const 0))
  (global $constructed (mut i32) (i32.const 0))
  (func $constructors (export "__wasm_call_ctors")
    (global.set $constructed (i32.add (global.get $constructed) (i32.const 1))))
  (func (export "_initialize")
    (if (global.get $initialized) (then unreachable))
    (global.set $initialized (i32.const 1))
    (call $constructors))
  (func (export "run") (result i32) (global.get $constructed)))

;; What the tests of native code run. `wamrctl compile` made the .aot files beside this one from it; the tests check that they are not
;; older than this text:
;;
;;     wamrctl compile guest.wasm --target host --aot -o guest.x86_64.aot
;;     wamrctl compile guest.wasm --target mps2 --aot -o guest.mps2.aot
(module
  (import "env" "add" (func $add (param i32 i64) (result i64)))
  (import "env" "call_back" (func $call_back (param i32) (result i32)))
  (memory (export "memory") 1 2)
  (global $calls (export "calls") (mut i32) (i32.const 7))

  (func (export "spin") (loop (br 0)))
  (func $dive (export "dive") (param i32) (result i32)
    (i32.xor (call $dive (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func (export "storm")
    (loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536)) (br 0)))
  (func (export "host_storm")
    (loop (drop (call $add (i32.const 1) (i64.const 2))) (br 0)))

  (func (export "sum") (param i64) (result i64)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (call $add (i32.const 40) (local.get 0)))
  (func (export "twice") (param i32) (result i32)
    (call $call_back (local.get 0)))
  (func (export "count") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.const 3)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "stop") unreachable))

;; The app of the tests that run native code on devices. `wamrctl compile` made the modules beside this one from it; the tests check that
;; they are not older than this text:
;;
;;     wamrctl compile guest.wasm --target host -o guest.x86_64.wasm
;;     wamrctl compile guest.wasm --target mps2
;;     wamrctl compile guest.wasm --target nrf5340
(module
  (import "wamr" "confirm" (func $confirm))
  (import "wamr" "uptime_ms" (func $uptime_ms (result i64)))
  (memory (export "memory") 1 1)
  (global $events (mut i32) (i32.const 0))
  (global $last (mut i32) (i32.const 0))
  (data (i32.const 16) "data")

  (func (export "run") (call $confirm))
  (func (export "version") (result i32) (i32.const 1))
  (func (export "uptime") (result i64) (call $uptime_ms))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "count") (param i32) (result i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.const 3)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))

  (func (export "spin") (loop (br 0)))
  (func $dive (export "dive") (param i32) (result i32)
    (i32.xor (call $dive (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
  (func (export "storm")
    (loop (memory.fill (i32.const 64) (i32.const 7) (i32.const 65472)) (br 0)))

  (func (export "on-event") (param $kind i32) (param $id i32) (param $value i32)
    (global.set $events (i32.add (global.get $events) (i32.const 1)))
    (global.set $last (local.get $value)))
  (func (export "events") (result i32) (global.get $events))
  (func (export "last") (result i32) (global.get $last)))

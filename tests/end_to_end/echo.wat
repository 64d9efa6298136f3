;; Stores each message under the key "last" and sends it back. echo.wasm is what `wat2wasm` makes of this.
(module
  (import "wamr:device/message@0.1.0" "send" (func $send (param i32 i32 i32 i32 i32 i32)))
  (import "wamr:device/message@0.1.0" "receive" (func $receive (param i32 i32)))
  (import "wamr:device/kv@0.1.0" "get" (func $get (param i32 i32 i32 i32)))
  (import "wamr:device/kv@0.1.0" "set" (func $set (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1 1)
  (data (i32.const 256) "last")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "on-event") (param i32 i32 i32)
    (loop $more
      (call $receive (i32.const 128) (i32.const 0))
      (if (i32.load8_u (i32.const 4))
        (then
          (call $set (i32.const 256) (i32.const 4) (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.const 64))
          (call $send (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.load (i32.const 8)) (i32.load (i32.const 12)) (i32.const 64))
          (br $more)))))
  ;; The length of the message that was stored last, or -1 if there is none.
  (func (export "last") (result i32)
    (call $get (i32.const 256) (i32.const 4) (i32.const 128) (i32.const 64))
    (select (i32.const -1) (i32.load (i32.const 72)) (i32.load8_u (i32.const 64))))
  (func (export "trap") unreachable))

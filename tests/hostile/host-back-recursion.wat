;; attack: Recurses through the host: each level takes native stack in the interpreter, the host function and the
;;   interpreter again. Guest frames are large here, so that the operand stack, shared by all levels, ends first.
;; expect: trapped stack-overflow

(module
  (import "test" "call_back" (func $call_back (param i32) (result i32)))
  (func (export "back") (param i32) (result i32)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (call $call_back (local.get 0)))
  (func (export "run") (result i32) (call $call_back (i32.const 1))))

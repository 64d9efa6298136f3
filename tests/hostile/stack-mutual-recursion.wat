;; attack: Two functions call each other without end, with arguments of all types that have to be passed along.
;; expect: trapped stack-overflow

(module
  (func $ping (param i32 i64 f32 f64) (result f64)
    (call $pong (local.get 3) (local.get 2) (local.get 1) (local.get 0)))
  (func $pong (param f64 f32 i64 i32) (result f64)
    (call $ping (local.get 3) (local.get 2) (local.get 1) (local.get 0)))
  (func (export "run") (result f64)
    (call $ping (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))))

;; attack: Writes global 7 of one.
;; expect: refused invalid-module

(module
  (global (mut i32) (i32.const 0))
  (func (export "run") i32.const 1 global.set 7))

;; attack: Writes a constant global, on which checks at load time could have relied.
;; expect: refused invalid-module

(module
  (global $limit i32 (i32.const 1))
  (func (export "run") (global.set $limit (i32.const 2))))

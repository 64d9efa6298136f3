;; attack: Promises a 64-bit result and leaves nothing on the stack: the caller would read what was there before.
;; expect: refused invalid-module

(module
  (func (export "run") (result i64)))

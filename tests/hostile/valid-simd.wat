;; attack: Uses 128-bit vectors, which WAMR is built without.
;; expect: refused invalid-module

(module
  (func (export "run") (drop (v128.const i64x2 1 2))))

;; attack: Exports `run` and `run` with a zero byte behind it, two different names that are the same in C. The
;;   wrong one must not be called.
;; expect: UNKNOWN

(module
  (func (export "run\00") (unreachable))
  (func (export "run") (result i32) (i32.const 1)))

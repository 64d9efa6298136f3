;; attack: Exports `run` and `run` with a zero byte behind it, two different names that are the same in C, to have
;;   the wrong one called. WAMR refuses names with a zero byte, which the standard allows.
;; expect: refused invalid-module

(module
  (func (export "run\00") (unreachable))
  (func (export "run") (result i32) (i32.const 1)))

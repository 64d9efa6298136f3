;; attack: Declares a memory whose maximum is smaller than what it starts with.
;; expect: refused invalid-module

(module
  (memory 2 1)
  (func (export "run")))

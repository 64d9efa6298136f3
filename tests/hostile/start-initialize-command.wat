;; attack: Claims to be a command (`_start`) and a reactor (`_initialize`), which exclude each other.
;; expect: refused invalid-module

(module
  (func (export "_start"))
  (func (export "_initialize"))
  (func (export "run")))

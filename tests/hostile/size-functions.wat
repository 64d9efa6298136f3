;; attack: Has 201 functions of two bytes where 200 are allowed: each costs the runtime many times its size.
;; expect: refused limit-exceeded

(module
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func) (func)
  (func) (func) (func) (func) (func) (func) (func) (func)
  (func (export "run")))

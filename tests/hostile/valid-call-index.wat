;; attack: Calls function 9 of one.
;; expect: refused invalid-module

(module
  (func (export "run") call 9))

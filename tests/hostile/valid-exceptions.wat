;; attack: Throws an exception, which WAMR is built without.
;; expect: refused invalid-module

(module
  (tag $e)
  (func (export "run") (throw $e)))

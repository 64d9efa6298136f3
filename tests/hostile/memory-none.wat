;; attack: Loads without declaring any memory. The loader has to refuse it: at run time there is no base pointer to
;;   check against.
;; expect: refused invalid-module

(module
  (func (export "run") (result i32)
    (i32.load (i32.const 0))))

;; attack: Imports a function that no device offers, such as a shell. It must be refused before anything runs, not
;;   fail when called.
;; expect: refused unknown-import

(module
  (import "env" "system" (func (param i32) (result i32)))
  (func (export "run")))

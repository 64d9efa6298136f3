;; attack: Spins in `_initialize`, the initialisation of a reactor, which runs when the module is instantiated.
;; expect: refused start-failed

(module
  (func (export "_initialize") (loop $again (br $again)))
  (func (export "run")))

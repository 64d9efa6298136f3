;; attack: Spins in the export `__post_instantiate`, which WAMR calls by itself before the start function.
;; expect: refused start-failed

(module
  (func (export "__post_instantiate") (loop $again (br $again)))
  (func (export "run")))

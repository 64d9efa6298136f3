;; attack: Spins in the export `__wasm_call_ctors`, which WAMR calls by itself when it instantiates the module.
;; expect: refused start-failed

(module
  (func (export "__wasm_call_ctors") (loop $again (br $again)))
  (func (export "run")))

;; attack: Imports a mutable global of the host, and takes the place of a data segment from it.
;; expect: refused unknown-import

(module
  (import "env" "base" (global $base i32))
  (memory 1)
  (data (global.get $base) "anywhere")
  (func (export "run")))

;; attack: Imports a memory: the guest would run on memory that is not its own.
;; expect: refused unknown-import

(module
  (import "env" "memory" (memory 1))
  (func (export "run") (result i32) (i32.load (i32.const 0))))

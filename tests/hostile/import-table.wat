;; attack: Imports a table of functions of the host.
;; expect: refused unknown-import

(module
  (import "env" "__indirect_function_table" (table 1 funcref))
  (func (export "run") (call_indirect (i32.const 0))))

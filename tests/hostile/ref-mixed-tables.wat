;; attack: Moves an element of a funcref table into an externref table, to call or read it as another kind of thing
;;   later.
;; expect: refused invalid-module

(module
  (table $funcs 1 funcref)
  (table $externs 1 externref)
  (func (export "run")
    (table.copy $externs $funcs (i32.const 0) (i32.const 0) (i32.const 1))))

;; attack: Custom sections full of garbage, under names that tools and runtimes read: a name section with lengths
;;   beyond its end, and a signature that is none.
;; expect: returned i32:1

(module
  (@custom "name" "\00\ff\ff\ff\ff\0f\01\ff\ff\ff\ff\7f")
  (@custom "name" "\01\03\ff\ff\7f")
  (@custom "signature" "\de\ad\be\ef")
  (@custom "producers" "\ff\ff\ff\ff\ff")
  (@custom "linking" "\02\ff")
  (@custom "" "")
  (func (export "run") (result i32) (i32.const 1))
  (@custom ".debug_info" (after last) "\00\00\00\00"))

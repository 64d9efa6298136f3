;; attack: Names a host function as its start function: the host is entered while the instance is being made.
;; expect: returned i32:1

(module
  (import "wamr" "confirm" (func $confirm))
  (start $confirm)
  (func (export "run") (result i32) (i32.const 1)))

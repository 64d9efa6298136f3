;; attack: Exports an imported host function, so that the call goes from the host to the host without any code of
;;   the guest.
;; expect: returned i32:1

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (export "log" (func $log))
  (memory (export "memory") 1)
  (func (export "run") (result i32) (i32.const 1)))

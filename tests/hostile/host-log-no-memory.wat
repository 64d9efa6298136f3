;; attack: Passes an address to the host without having any memory.
;; expect: trapped memory-out-of-bounds

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (func (export "run")
    (call $log (i32.const 0) (i32.const 1))))

;; attack: Has the host read 256 MiB from address 2^32 - 1.
;; expect: trapped memory-out-of-bounds

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (func (export "run")
    (call $log (i32.const 0xffffffff) (i32.const 0xfffffff))))

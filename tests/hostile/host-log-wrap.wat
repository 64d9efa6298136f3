;; attack: Has the host read a range whose end wraps around to inside memory.
;; expect: trapped memory-out-of-bounds

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (func (export "run")
    (call $log (i32.const 0x8000) (i32.const 0xffff9000))))

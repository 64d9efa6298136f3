;; attack: Has the host read a range that begins inside memory and ends one byte behind it.
;; expect: trapped memory-out-of-bounds

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (func (export "run")
    (call $log (i32.const 65536) (i32.const 0))   ;; nothing at the very end: allowed
    (call $log (i32.const 65520) (i32.const 17))))

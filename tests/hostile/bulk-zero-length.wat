;; attack: Bulk operations of length zero at the very end of memory and one past it: the first is allowed, the
;;   second traps even though it writes nothing.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run")
    (memory.fill (i32.const 65536) (i32.const 0) (i32.const 0))
    (memory.copy (i32.const 65536) (i32.const 65536) (i32.const 0))
    (memory.fill (i32.const 65537) (i32.const 0) (i32.const 0))))

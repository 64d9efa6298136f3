;; attack: Exports `malloc` and `free` of its own that give addresses outside of memory, in the hope that the
;;   runtime stores the host's data there.
;; expect: returned i32:1

(module
  (memory (export "memory") 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (global (export "__data_end") i32 (i32.const 1024))
  (global $stack (mut i32) (i32.const 1024))
  (func (export "malloc") (param i32) (result i32) (i32.const 0xfffffff0))
  (func (export "free") (param i32) (unreachable))
  (func (export "run") (result i32) (i32.const 1)))

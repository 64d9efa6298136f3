;; attack: Exports __heap_base and __data_end, from which WAMR would shrink a page to 5,001 bytes and then check
;;   bounds against 8,192 (its #5080). With shrinking off, all of the page is the guest's and nothing past it.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 5001))
  (global (export "__data_end") i32 (i32.const 1000))
  (global $stack (mut i32) (i32.const 5000))
  (func (export "run")
    (i32.store8 (i32.const 65535) (i32.const 1))
    (i32.store8 (i32.const 65536) (i32.const 1))))

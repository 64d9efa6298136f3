;; attack: Calls memory.grow for ever, with and without success: each success copies the whole memory, each failure
;;   searches the whole pool.
;; expect: stopped fuel

(module
  (memory 1)
  (func (export "run") (local $i i32)
    (loop $again
      (drop (memory.grow (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
      (drop (memory.grow (i32.const 1)))
      (drop (memory.grow (i32.const 0)))
      (br $again))))

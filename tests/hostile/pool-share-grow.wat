;; attack: Grows its memory page by page to take the whole pool, of which it has a share: no more than one page beside the two
;;   that it had would need.
;; limits: pool=220000 memory_pages=50
;; expect: returned i32:1

(module
  (memory 1)
  (func (export "run") (result i32)
    (local $grown i32)
    (loop $again
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
        (then
          (local.set $grown (i32.add (local.get $grown) (i32.const 1)))
          (br $again))))
    (local.get $grown)))

;; attack: Takes all of its share in the start function and then begins to run: what it has left must do.
;; limits: pool=220000 memory_pages=50
;; expect: returned i32:2

(module
  (memory 1)
  (func $start
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))))
  (start $start)
  (func (export "run") (result i32)
    (memory.size)))

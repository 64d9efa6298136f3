;; attack: Takes all the memory it can get in the start function, then goes on as if nothing had happened: it gets
;;   what the limit allows and no more.
;; expect: returned i32:2

(module
  (memory 1)
  (func $start
    (loop $again
      (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))))
  (start $start)
  (func (export "run") (result i32) (memory.size)))

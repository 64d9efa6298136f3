;; attack: Looks for what others left in the pool: adds up all bytes of a fresh page and of one that memory.grow
;;   gave. Anything but 0 is a leak.
;; limits: fuel=1000000
;; expect: returned i64:0

(module
  (memory 1)
  (func (export "run") (result i64) (local $at i32) (local $sum i64)
    (drop (memory.grow (i32.const 1)))
    (loop $again
      (local.set $sum (i64.or (local.get $sum) (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
    (local.get $sum)))

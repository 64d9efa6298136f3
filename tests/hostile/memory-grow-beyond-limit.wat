;; attack: Asks for more pages than the limit, far more, and the largest number. Each answer has to be -1 with the
;;   size unchanged; the sum tells.
;; expect: returned i32:-2

(module
  (memory 1)
  (func (export "run") (result i32)
    (i32.add
      (i32.add (memory.grow (i32.const 2)) (memory.grow (i32.const 0xffff)))
      (i32.add (memory.grow (i32.const 0xffffffff)) (memory.size)))))

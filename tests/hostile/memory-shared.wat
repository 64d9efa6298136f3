;; attack: Declares a memory shared between threads, whose bounds could change during an access. WAMR is built
;;   without threads.
;; expect: refused invalid-module

(module
  (memory 1 2 shared)
  (func (export "run") (result i32)
    (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))

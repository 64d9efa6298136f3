;; attack: An active data segment at address -4, which as a signed offset lies in front of memory, in the
;;   bookkeeping of the pool.
;; expect: refused start-failed

(module
  (memory 1)
  (data (i32.const -4) "head")
  (func (export "run")))

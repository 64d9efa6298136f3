;; attack: Calls memory.grow for ever with fuel for hours: the search for room in the pool is the host's work for
;;   one instruction.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module
  (memory 1)
  (func (export "run")
    (loop $again
      (drop (memory.grow (i32.const 1)))
      (br $again))))

;; attack: The same storm with fuel for hours: a single fill is long on a device, so the clock must be looked at
;;   between them, and the overshoot of one fill stays below the deadline's tolerance.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module
  (memory 1)
  (func (export "run")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 0x55) (i32.const 65536))
      (br $again))))

;; attack: The same loop with more fuel than the time allows: the clock has to end it, on a slow device long before
;;   the fuel does.
;; limits: fuel=2000000000 deadline_ms=50
;; expect: stopped deadline

(module
  (func (export "run")
    (loop $again (br $again))))

;; attack: Spins in the smallest loop there is: one branch to itself. Without metering at branches the device never
;;   gets its thread back.
;; expect: stopped fuel

(module
  (func (export "run")
    (loop $again (br $again))))

;; attack: Spins in a loop that only calls an empty function: most of the time passes in call and return, which
;;   must be counted, too.
;; expect: stopped fuel

(module
  (func $nothing)
  (func (export "run")
    (loop $again (call $nothing) (br $again))))

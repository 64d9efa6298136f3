;; attack: Calls the cheapest host function for ever. Fuel counts the guest only, so host calls have a limit of
;;   their own.
;; expect: stopped host-calls

(module
  (import "wamr" "uptime_ms" (func $uptime (result i64)))
  (func (export "run")
    (loop $again
      (drop (call $uptime))
      (br $again))))

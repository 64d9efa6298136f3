;; attack: Calls the host without end in the start function, so that the host works while the guest counts few
;;   instructions.
;; expect: refused start-failed

(module
  (import "wamr" "uptime_ms" (func $uptime (result i64)))
  (func $start (loop $again (drop (call $uptime)) (br $again)))
  (start $start)
  (func (export "run")))

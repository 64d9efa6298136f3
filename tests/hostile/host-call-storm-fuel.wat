;; attack: The same with host calls without end: then the fuel spent between them is what ends it.
;; limits: fuel=10000 host_calls=1000000
;; expect: stopped fuel

(module
  (import "wamr" "uptime_ms" (func $uptime (result i64)))
  (func (export "run")
    (loop $again
      (drop (call $uptime))
      (br $again))))

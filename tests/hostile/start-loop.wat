;; attack: Spins in the start function, before anyone has called an export. WAMR runs it in an environment of its
;;   own (#4047) that has no limit unless given one.
;; expect: refused start-failed

(module
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "run")))

;; attack: An endless chain of tail calls needs neither stack nor branch. WAMR is built without tail calls, so the
;;   loader has to refuse the opcode.
;; expect: refused invalid-module

(module
  (func $ping (export "run") (return_call $pong))
  (func $pong (return_call $ping)))

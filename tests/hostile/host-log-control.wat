;; attack: Logs control characters, escape sequences, zero bytes and format directives. They are text, and the log
;;   has to live with it.
;; expect: returned

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (data (i32.const 0) "%n%s%x\00\1b[2J\1b]0;owned\07\r\n\u{202e}")
  (func (export "run")
    (call $log (i32.const 0) (i32.const 28))))

;; attack: Logs bytes that are not UTF-8: cut-off, overlong and surrogate sequences that crash careless text code.
;; expect: trapped host

(module
  (import "wamr" "log" (func $log (param i32 i32)))
  (memory 1)
  (data (i32.const 0) "ok \c0\af \ed\a0\80 \f4\90\80\80 \ff \e2\82")
  (func (export "run")
    (call $log (i32.const 0) (i32.const 21))))

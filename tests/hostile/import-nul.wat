;; attack: Imports `log` with a zero byte and more behind it: in C the name ends at the zero and is a known one.
;;   WAMR refuses names with a zero byte, which the standard allows.
;; expect: refused invalid-module

(module
  (import "wamr" "log\00_but_not_really" (func (param i32 i32)))
  (func (export "run")))

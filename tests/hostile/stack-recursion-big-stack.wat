;; attack: Asks for the largest guest stack and recurses: with much operand stack the native stack is what could
;;   overflow, if the interpreter recursed natively.
;; limits: stack=65536
;; expect: trapped stack-overflow

(module
  (func $f (export "run") (call $f)))

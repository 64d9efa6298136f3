;; attack: Calls itself without end with the smallest frame there is: the operand stack of the instance must end
;;   before the thread's own stack does.
;; expect: trapped stack-overflow

(module
  (func $f (export "run") (call $f)))

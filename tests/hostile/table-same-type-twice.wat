;; attack: Declares the same function type three times and calls through another copy. Types are equal by
;;   structure, so this has to work; a check by index would trap.
;; expect: returned i32:5

(module
  (type $a (func (param i32) (result i32)))
  (type $b (func (param i32) (result i32)))
  (type $c (func (param i32) (result i32)))
  (table funcref (elem $f))
  (func $f (type $a) (i32.add (local.get 0) (i32.const 1)))
  (func (export "run") (result i32)
    (call_indirect (type $c) (i32.const 4) (i32.const 0))))

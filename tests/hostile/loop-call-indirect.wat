;; attack: Spins through a table: each round calls a function that the previous round put there, so no static call
;;   graph shows the loop.
;; expect: stopped fuel

(module
  (type $step (func (result i32)))
  (table 2 funcref)
  (elem (i32.const 0) $even $odd)
  (func $even (result i32) (table.set (i32.const 1) (ref.func $odd)) (i32.const 1))
  (func $odd (result i32) (table.set (i32.const 0) (ref.func $even)) (i32.const 0))
  (func (export "run") (local $next i32)
    (loop $again
      (local.set $next (call_indirect (type $step) (local.get $next)))
      (br $again))))

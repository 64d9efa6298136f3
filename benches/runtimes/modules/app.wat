;; A small app: a call that does nothing, and one that writes to its memory and reads it. MEMORY is replaced by modules/src/main.rs.
(module
  (memory (export "memory") MEMORY)
  GLOBALS
  (func (export "same") (param i32) (result i32)
    local.get 0)
  ;; The sum of the first bytes, each of which is its position.
  (func (export "fill") (param $bytes i32) (result i32) (local $at i32) (local $sum i32)
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $at) (local.get $bytes)))
        (i32.store8 (local.get $at) (local.get $at))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.set $at (i32.const 0))
    (block $end
      (loop $next
        (br_if $end (i32.ge_u (local.get $at) (local.get $bytes)))
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $sum)))

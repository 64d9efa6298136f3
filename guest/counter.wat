;; Counts its own calls: 1, 2, 3, … If the count continues, the same instance is still alive. If it starts again at 1, it is a
;; new instance.
(module
  (global $count (mut i32) (i32.const 0))
  (func (export "next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count)))

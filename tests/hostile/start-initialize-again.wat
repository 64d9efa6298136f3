;; attack: Has a client call `_initialize`. A reactor may assume that it is called once, which happened already.
;; call: _initialize
;; expect: refused no-such-export

(module
  (global $initialized (mut i32) (i32.const 0))
  (func (export "_initialize")
    (if (global.get $initialized) (then unreachable))
    (global.set $initialized (i32.const 1))))

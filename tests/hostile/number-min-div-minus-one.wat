;; attack: Divides the smallest 64-bit number by -1: the result does not exist, and x86 raises the same fault as
;;   for zero.
;; call: run i32:0
;; expect: trapped integer-overflow

(module
  (func (export "run") (param i32)
    (drop (i64.div_s (i64.const 0x8000000000000000) (i64.extend_i32_s (i32.sub (local.get 0) (i32.const 1)))))))

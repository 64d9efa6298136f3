;; attack: Reads past the end of a data segment with memory.init, with an offset and a length that each fit but not
;;   together.
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (data $text "0123456789abcdef")
  (func (export "run")
    (memory.init $text (i32.const 0) (i32.const 8) (i32.const 9))))

;; attack: Copies the same passive data segment into memory for ever with memory.init; the bytes come from the
;;   module, not from memory.
;; expect: stopped fuel

(module
  (memory 1)
  (data $text
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef")
  (func (export "run")
    (loop $again
      (memory.init $text (i32.const 64) (i32.const 0) (i32.const 512))
      (br $again))))

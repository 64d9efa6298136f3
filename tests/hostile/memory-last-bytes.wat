;; attack: Reads and writes the last four bytes of memory, which is allowed, then a word of which only one byte
;;   lies inside (address 65533).
;; expect: trapped memory-out-of-bounds

(module
  (memory 1)
  (func (export "run") (result i32)
    (i32.store (i32.const 65532) (i32.const -1))
    (drop (i32.load (i32.const 65532)))
    (i32.load (i32.const 65533))))

;; attack: Exports names that are empty, in right-to-left script, control characters or very long: whoever lists or
;;   prints exports has to cope.
;; expect: returned i32:1

(module
  (func $f (export "run") (result i32) (i32.const 1))
  (export "" (func $f))
  (export "\u{202e}nur" (func $f))
  (export "\1b[31mrun\1b[0m\0a" (func $f))
  (export "\u{1f4a3}\u{fe0f}\u{200d}" (func $f))
  (export "../../etc/passwd" (func $f))
  (export "long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-long-" (func $f)))

;; attack: Waits for a word in its own memory that nobody else can write: the busy waiting of a guest that believes
;;   in threads.
;; expect: stopped fuel

(module
  (memory 1)
  (func (export "run")
    (loop $wait
      (br_if $wait (i32.eqz (i32.load (i32.const 1024)))))))

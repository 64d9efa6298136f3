;; attack: An active data segment begins inside memory and ends four bytes behind it: instantiation itself would
;;   overwrite the pool.
;; expect: refused start-failed

(module
  (memory 1)
  (data (i32.const 65532) "overflow")
  (func (export "run")))

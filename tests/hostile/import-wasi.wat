;; attack: Imports WASI, hoping for files: devices do not offer it.
;; expect: refused unknown-import

(module
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run")))

;; attack: Takes a reference to a function that no element segment or export declares, which the standard forbids.
;; expect: refused invalid-module

(module
  (func $hidden)
  (func (export "run") (result i32)
    (ref.is_null (ref.func $hidden))))

;; attack: A table of one element that may grow to 2^32 - 1: WAMR allocates tables at their maximum, so it must not
;;   take that literally.
;; expect: returned i32:1

(module
  (table 1 0xffffffff funcref)
  (func (export "run") (result i32) (table.size)))

;; attack: Starts with 65,536 pages, 4 GiB: as a 32-bit number of bytes that is 0.
;; expect: refused limit-exceeded

(module
  (memory 65536)
  (func (export "run") (result i32) (i32.load (i32.const 0))))

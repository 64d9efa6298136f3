;; attack: Begins with no memory where none is allowed, and grows. To WAMR a limit of 0 pages is none; a fuzzer found it.
;; limits: memory_pages=0
;; expect: refused limit-exceeded

(module
  (memory 0 2)
  (func (export "run") (result i32)
    (memory.grow (i32.const 1))))

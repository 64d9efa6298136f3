;; attack: Keeps 8,000 values on the operand stack at once: a function of 200 results is called 40 times before
;;   anything is dropped.
;; expect: trapped stack-overflow

(module
  (type $many (func (result
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)))
  (func $many (type $many)
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7 i64.const 7
    i64.const 7 i64.const 7)
  (func (export "run")
    call $many call $many call $many call $many call $many call $many call $many call $many call $many call $many
    call $many call $many call $many call $many call $many call $many call $many call $many call $many call $many
    call $many call $many call $many call $many call $many call $many call $many call $many call $many call $many
    call $many call $many call $many call $many call $many call $many call $many call $many call $many call $many
    unreachable))

;; Reads a block of 96 bytes in each event, inverts its bits and writes it.
(module
    (import "blocks" "read" (func $read (param $to i32)))
    (import "blocks" "write" (func $write (param $from i32)))
    (memory 96 (pagesize 1))
    (func (export "on-event") (param $kind i32) (param $id i32) (param $size i32)
        (call $read (i32.const 0))
        (loop $next
            (local.set $size (i32.sub (local.get $size) (i32.const 4)))
            (i32.store (local.get $size) (i32.xor (i32.load (local.get $size)) (i32.const -1)))
            (br_if $next (local.get $size)))
        (call $write (i32.const 0))))

;; What the benchmarks run. Every export takes a size of the work and returns a number that shows that it was done.
(module
  (import "env" "add" (func $add (param i32 i32) (result i32)))
  (memory 1 1)

  ;; How many primes there are up to $n: short loops with a store.
  (func (export "primes") (param $n i32) (result i32)
    (local $count i32) (local $i i32) (local $j i32)
    (memory.fill (i32.const 0) (i32.const 0) (i32.add (local.get $n) (i32.const 1)))
    (local.set $i (i32.const 2))
    (loop $next
      (if (i32.eqz (i32.load8_u (local.get $i)))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $j (i32.shl (local.get $i) (i32.const 1)))
          (block $marked
            (loop $mark
              (br_if $marked (i32.gt_u (local.get $j) (local.get $n)))
              (i32.store8 (local.get $j) (i32.const 1))
              (local.set $j (i32.add (local.get $j) (local.get $i)))
              (br $mark)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $i) (local.get $n))))
    (local.get $count))

  ;; CRC-32 of the bytes 0, 1, 2, … 255, 0, …, $n of them, bit by bit: arithmetic without memory.
  (func (export "crc32") (param $n i32) (result i32)
    (local $crc i32) (local $i i32) (local $bit i32)
    (local.set $crc (i32.const -1))
    (loop $byte
      (local.set $crc (i32.xor (local.get $crc) (i32.and (local.get $i) (i32.const 0xff))))
      (local.set $bit (i32.const 8))
      (loop $next
        (local.set $crc
          (i32.xor
            (i32.shr_u (local.get $crc) (i32.const 1))
            (i32.and (i32.const 0xedb88320) (i32.sub (i32.const 0) (i32.and (local.get $crc) (i32.const 1))))))
        (br_if $next (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
      (br_if $byte (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i32.xor (local.get $crc) (i32.const -1)))

  ;; The sum of all elements of the product of two matrices of $n × $n, a[i][j] = i + 2j and b[i][j] = 3i + j: three nested
  ;; loops, loads and multiplications.
  (func (export "matmul") (param $n i32) (result i32)
    (local $i i32) (local $j i32) (local $k i32) (local $a i32) (local $b i32) (local $row i32) (local $sum i32)
    ;; a begins at 0, b behind it.
    (local.set $row (i32.shl (local.get $n) (i32.const 2)))
    (local.set $b (i32.mul (local.get $row) (local.get $n)))
    (loop $fill_rows
      (local.set $j (i32.const 0))
      (loop $fill
        (i32.store (local.get $a) (i32.add (local.get $i) (i32.shl (local.get $j) (i32.const 1))))
        (i32.store (local.get $b) (i32.add (i32.mul (local.get $i) (i32.const 3)) (local.get $j)))
        (local.set $a (i32.add (local.get $a) (i32.const 4)))
        (local.set $b (i32.add (local.get $b) (i32.const 4)))
        (br_if $fill (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $fill_rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.const 0))
    (loop $rows
      (local.set $j (i32.const 0))
      (loop $columns
        (local.set $a (i32.mul (local.get $i) (local.get $row)))
        (local.set $b (i32.add (i32.mul (local.get $n) (local.get $row)) (i32.shl (local.get $j) (i32.const 2))))
        (local.set $k (i32.const 0))
        (loop $dot
          (local.set $sum
            (i32.add (local.get $sum) (i32.mul (i32.load (local.get $a)) (i32.load (local.get $b)))))
          (local.set $a (i32.add (local.get $a) (i32.const 4)))
          (local.set $b (i32.add (local.get $b) (local.get $row)))
          (br_if $dot (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (local.get $n))))
        (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get $n))))
      (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))

  ;; The Fibonacci number of $n: calls.
  (func $fibonacci (export "fibonacci") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $fibonacci (i32.sub (local.get $n) (i32.const 1)))
          (call $fibonacci (i32.sub (local.get $n) (i32.const 2)))))))

  ;; Copies $n bytes, a multiple of 4, word by word, and gives the last word: the shortest loop with memory.
  (func (export "copy") (param $n i32) (result i32)
    (local $i i32)
    (i32.store (i32.sub (local.get $n) (i32.const 4)) (local.get $n))
    (loop $next
      (i32.store offset=32768 (local.get $i) (i32.load (local.get $i)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (i32.load offset=32764 (local.get $n)))

  ;; Calls a host function $n times, and gives the sum of 1 to $n.
  (func (export "host_calls") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (call $add (local.get $sum) (local.get $n)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; What it costs to be called: gives $n.
  (func (export "call") (param $n i32) (result i32)
    (local.get $n)))

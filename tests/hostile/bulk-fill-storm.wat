;; attack: Fills a page of memory in every round: five instructions that write 64 KiB. Counted as single
;;   instructions, 200,000 of fuel would write 2.6 GB; at one more for each 64 bytes the run ends after about 190
;;   fills.
;; expect: stopped fuel

(module
  (memory 1)
  (func (export "run")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 0x55) (i32.const 65536))
      (br $again))))

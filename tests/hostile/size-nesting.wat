;; attack: Nests 100 blocks and leaves all of them with one branch. The loader's record of open blocks grows in
;;   place, which WAMR's allocator (ems) forgets to count: what is free and the peak are wrong from then on.
;; expect: returned i32:1

(module
  (func (export "run") (result i32)
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    br 99
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end
    i32.const 1))

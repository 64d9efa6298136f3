;; attack: Nests 200 blocks and leaves all of them with one branch.
;; expect: returned i32:1

(module
  (func (export "run") (result i32)
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    block block block block block block block block block block block block block block block block block block block block
    br 199
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end end end end end end end end end end end end end end end end end end end end end end end end end
    end end end end
    i32.const 1))

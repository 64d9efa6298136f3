;; attack: Nests 100 if/else in both arms, where every operand of a block has to be checked when it ends.
;; call: run i32:1
;; expect: returned i32:100

(module
  (func (export "run") (param i32) (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32) local.get 0 if (result i32)
    i32.const 100
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end
    else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end else i32.const -1 end))

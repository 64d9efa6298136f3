;; attack: Starts with three pages where two are allowed. WAMR applies its own limit to growth only, so this has to
;;   be checked apart.
;; expect: refused limit-exceeded

(module
  (memory 3)
  (func (export "run")))

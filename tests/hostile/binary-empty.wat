;; attack: Is no bytes at all.
;; expect: refused invalid-module

(module binary "")

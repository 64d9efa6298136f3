;; attack: Branches out of 70,000 blocks where there is one.
;; expect: refused invalid-module

(module
  (func (export "run") br 70000))

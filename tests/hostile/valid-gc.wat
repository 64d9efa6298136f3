;; attack: Allocates objects on a garbage-collected heap for ever, which WAMR is built without.
;; expect: refused invalid-module

(module
  (type $node (struct (field (ref null $node))))
  (func (export "run") (local (ref null $node))
    (loop (local.set 0 (struct.new $node (local.get 0))) (br 0))))

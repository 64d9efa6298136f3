;; Misbehaves on purpose: never returns, so only the fuel limit ends it.
(module
  (func (export "spin")
    (loop $again (br $again))))

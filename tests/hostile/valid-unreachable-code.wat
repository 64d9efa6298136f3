;; attack: Hides a wrong type behind `unreachable`, where checks are relaxed but not off: the float can never be an
;;   address.
;; expect: refused invalid-module

(module
  (memory 1)
  (func (export "run") unreachable f32.const 0 i32.load drop))

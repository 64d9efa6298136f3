;; attack: Exports a name that is not UTF-8: handing it to a language whose strings are UTF-8 would be undefined
;;   behaviour.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\03\02\01\00"
  "\07\07\01\03\ff\fe\80\00\00"
  "\0a\04\01\02\00\0b")

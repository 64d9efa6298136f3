;; attack: Writes a 32-bit count in six bytes: parsers that stop after five and those that do not see different
;;   modules.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\09\81\80\80\80\80\00\60\00\00")

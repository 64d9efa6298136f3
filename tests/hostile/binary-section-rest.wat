;; attack: Has bytes left over at the end of its type section, where something could be smuggled past a check.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\06\01\60\00\00\de\ad")

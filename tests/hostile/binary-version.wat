;; attack: Has version 2 of a format that does not exist.
;; expect: refused invalid-module

(module binary "\00asm" "\02\00\00\00")

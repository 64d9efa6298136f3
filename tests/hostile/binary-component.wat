;; attack: Is a component, of the layer above modules, which begins with the same magic number.
;; expect: refused invalid-module

(module binary "\00asm" "\0d\00\01\00")

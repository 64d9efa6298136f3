;; attack: Ends in the middle of the header.
;; expect: refused invalid-module

(module binary "\00asm\01\00")

;; attack: Claims to be code compiled ahead of time, which WAMR would load and run as machine code without any
;;   check.
;; expect: refused invalid-module

(module binary "\00aot" "\06\00\00\00" "\00\00\00\00\00\00\00\00\00\00\00\00")

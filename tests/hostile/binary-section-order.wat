;; attack: Has its code section before its function section, so that bodies are read before their types are known.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"          ;; type 0: () -> ()
  "\0a\04\01\02\00\0b"          ;; code
  "\03\02\01\00")               ;; functions

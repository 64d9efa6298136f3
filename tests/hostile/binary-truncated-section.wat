;; attack: Ends in the middle of a section, as an interrupted upload does.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60")               ;; type section of 4 bytes, 2 are there

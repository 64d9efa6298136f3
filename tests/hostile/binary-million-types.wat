;; attack: Claims a million types in a section of five bytes; WAMR allocates room for all before it reads the
;;   first.
;; expect: refused out-of-memory

(module binary
  "\00asm" "\01\00\00\00"
  "\01\03\c0\84\3d")

;; attack: Claims 2^32 - 1 globals in five bytes: room for all of them must not be taken before they are seen, nor
;;   may its size wrap around.
;; expect: refused out-of-memory

(module binary
  "\00asm" "\01\00\00\00"
  "\06\05\ff\ff\ff\ff\0f")

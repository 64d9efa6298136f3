;; attack: A custom section whose name is longer than the section.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\00\05\7fname")              ;; section of 5 bytes, name of 127

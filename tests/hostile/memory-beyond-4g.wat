;; attack: Declares 65,537 pages, more than 32 bits can address.
;; limits: memory_pages=65536
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\05\05\01\00\81\80\04")      ;; one memory, 65,537 pages

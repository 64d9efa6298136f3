;; attack: A section that claims 4 GiB: added to the pointer of a 32-bit device it wraps around.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\ff\ff\ff\ff\0f\01\60\00\00")

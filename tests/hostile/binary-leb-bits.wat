;; attack: Writes a 32-bit count in five bytes with bits beyond the 32nd.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\08\81\80\80\80\70\60\00\00")

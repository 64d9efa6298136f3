;; attack: Has two type sections: what the first allocated could be lost or freed twice.
;; expect: refused invalid-module

(module binary
  "\00asm" "\01\00\00\00"
  "\01\04\01\60\00\00"
  "\01\04\01\60\00\00")

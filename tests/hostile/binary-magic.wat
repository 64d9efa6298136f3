;; attack: Has another magic number: an ELF file.
;; expect: refused invalid-module

(module binary "\7fELF\02\01\01\00\00\00\00\00")

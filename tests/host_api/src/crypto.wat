;; An app that uses keys as the test asks. Each export calls one function and returns the eight bytes of its result.
(module
  (import "wamr:device/crypto@0.1.0" "sha256" (func $sha256 (param i32 i32 i32)))
  (import "wamr:device/crypto@0.1.0" "hmac-sha256" (func $hmac (param i32 i32 i32 i32 i32)))
  (import "wamr:device/crypto@0.1.0" "aes-gcm-encrypt"
    (func $encrypt (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wamr:device/crypto@0.1.0" "aes-gcm-decrypt"
    (func $decrypt (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wamr:device/crypto@0.1.0" "ed25519-verify" (func $verify (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; A result is at 0, the list in a result at 512. The test writes the nonce or the public key at 2048, the additional data or the
  ;; signature at 2112, and the data at 4096.
  ;; The names that the test can choose: 32 bytes each, the first of which is the length.
  (data (i32.const 1024) "\04mac0")
  (data (i32.const 1056) "\04mac1")
  (data (i32.const 1088) "\04aes0")
  (data (i32.const 1120) "\05unset")
  (data (i32.const 1152) "\07nothing")

  (func $string (param $name i32) (result i32) (i32.add (i32.const 1025) (i32.mul (local.get $name) (i32.const 32))))
  (func $length (param $name i32) (result i32) (i32.load8_u (i32.sub (call $string (local.get $name)) (i32.const 1))))
  ;; Padding in a result stays as it was.
  (func $clear (i64.store (i32.const 0) (i64.const 0)))
  (func $result (result i64) (i64.load (i32.const 0)))

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 512))

  (func (export "sha256") (param $at i32) (param $length i32) (result i64)
    (call $clear) (call $sha256 (local.get $at) (local.get $length) (i32.const 0)) (call $result))
  (func (export "hmac-sha256") (param $key i32) (param $at i32) (param $length i32) (result i64)
    (call $clear)
    (call $hmac (call $string (local.get $key)) (call $length (local.get $key))
      (local.get $at) (local.get $length) (i32.const 0))
    (call $result))
  (func (export "encrypt") (param $key i32) (param $nonce i32) (param $aad i32) (param $length i32) (result i64)
    (call $clear)
    (call $encrypt (call $string (local.get $key)) (call $length (local.get $key))
      (i32.const 2048) (local.get $nonce) (i32.const 2112) (local.get $aad)
      (i32.const 4096) (local.get $length) (i32.const 0))
    (call $result))
  (func (export "decrypt") (param $key i32) (param $nonce i32) (param $aad i32) (param $length i32) (result i64)
    (call $clear)
    (call $decrypt (call $string (local.get $key)) (call $length (local.get $key))
      (i32.const 2048) (local.get $nonce) (i32.const 2112) (local.get $aad)
      (i32.const 4096) (local.get $length) (i32.const 0))
    (call $result))
  (func (export "verify") (param $key i32) (param $signature i32) (param $length i32) (result i64)
    (i64.extend_i32_u (call $verify
      (i32.const 2048) (local.get $key) (i32.const 4096) (local.get $length) (i32.const 2112) (local.get $signature))))

  ;; Eight bytes of the memory.
  (func (export "set-bytes") (param $at i32) (param $bytes i64) (i64.store (local.get $at) (local.get $bytes)))
  (func (export "bytes") (param $at i32) (result i64) (i64.load (local.get $at)))
)

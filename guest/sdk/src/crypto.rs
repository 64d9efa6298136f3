//! Cryptography with keys that the firmware holds. Apps use keys by name and cannot read them.

use crate::abi::{self, Buffer, List};
use crate::{Error, Result};

mod imports {
    use crate::abi::{Area, List};

    #[link(wasm_import_module = "wamr:device/crypto@0.1.0")]
    unsafe extern "C" {
        #[link_name = "sha256"]
        pub fn sha256(data: *const u8, length: usize, result: *mut List);
        #[link_name = "hmac-sha256"]
        pub fn hmac_sha256(key: *const u8, key_length: usize, data: *const u8, length: usize, result: *mut Area<List>);
        #[link_name = "aes-gcm-encrypt"]
        pub fn aes_gcm_encrypt(
            key: *const u8,
            key_length: usize,
            nonce: *const u8,
            nonce_length: usize,
            aad: *const u8,
            aad_length: usize,
            plaintext: *const u8,
            plaintext_length: usize,
            result: *mut Area<List>,
        );
        #[link_name = "aes-gcm-decrypt"]
        pub fn aes_gcm_decrypt(
            key: *const u8,
            key_length: usize,
            nonce: *const u8,
            nonce_length: usize,
            aad: *const u8,
            aad_length: usize,
            ciphertext: *const u8,
            ciphertext_length: usize,
            result: *mut Area<List>,
        );
        #[link_name = "ed25519-verify"]
        pub fn ed25519_verify(
            public_key: *const u8,
            public_key_length: usize,
            data: *const u8,
            length: usize,
            signature: *const u8,
            signature_length: usize,
        ) -> u32;
    }
}

/// The length of the tag after an AES-GCM ciphertext, in bytes.
pub const TAG_LENGTH: usize = 16;

/// Returns the SHA-256 digest of data.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    let mut list = List::default();
    // SAFETY: the device reads the data, and writes the digest to the buffer and its address and length to `list`.
    abi::into(&[Buffer::of(&mut digest), Buffer::END], || unsafe {
        imports::sha256(data.as_ptr(), data.len(), &raw mut list)
    });
    digest
}

/// Returns the HMAC-SHA-256 of data.
///
/// # Errors
/// [`Error::NotFound`] if the device has no such key.
pub fn hmac_sha256(key: &str, data: &[u8]) -> Result<[u8; 32]> {
    let mut code = [0; 32];
    // SAFETY: the device reads the key's name and the data and writes the result to the area.
    unsafe {
        abi::bytes(&mut code, |result| imports::hmac_sha256(key.as_ptr(), key.len(), data.as_ptr(), data.len(), result))
    }?;
    Ok(code)
}

/// Encrypts with AES-GCM. Returns the ciphertext and its tag of [`TAG_LENGTH`] bytes, in the buffer. A nonce must never be used twice with
/// the same key.
///
/// # Errors
/// [`Error::NotFound`] if the device has no such key, and [`Error::NoSpace`] if the buffer is too short.
pub fn aes_gcm_encrypt<'b>(
    key: &str,
    nonce: &[u8; 12],
    aad: &[u8],
    plaintext: &[u8],
    buffer: &'b mut [u8],
) -> Result<&'b mut [u8]> {
    if buffer.len() < plaintext.len() + TAG_LENGTH {
        return Err(Error::NoSpace);
    }
    // SAFETY: the device reads the arguments and writes the result to the area.
    unsafe {
        abi::bytes(buffer, |result| {
            imports::aes_gcm_encrypt(
                key.as_ptr(),
                key.len(),
                nonce.as_ptr(),
                nonce.len(),
                aad.as_ptr(),
                aad.len(),
                plaintext.as_ptr(),
                plaintext.len(),
                result,
            )
        })
    }
}

/// Decrypts with AES-GCM. Returns the plaintext, in the buffer.
///
/// # Errors
/// [`Error::NotFound`] if the device has no such key, [`Error::Io`] if the data is not authentic, and [`Error::NoSpace`] if the buffer is
/// too short.
pub fn aes_gcm_decrypt<'b>(
    key: &str,
    nonce: &[u8; 12],
    aad: &[u8],
    ciphertext: &[u8],
    buffer: &'b mut [u8],
) -> Result<&'b mut [u8]> {
    if buffer.len() < ciphertext.len().saturating_sub(TAG_LENGTH) {
        return Err(Error::NoSpace);
    }
    // SAFETY: the device reads the arguments and writes the result to the area.
    unsafe {
        abi::bytes(buffer, |result| {
            imports::aes_gcm_decrypt(
                key.as_ptr(),
                key.len(),
                nonce.as_ptr(),
                nonce.len(),
                aad.as_ptr(),
                aad.len(),
                ciphertext.as_ptr(),
                ciphertext.len(),
                result,
            )
        })
    }
}

/// Returns whether an Ed25519 signature of data is valid.
pub fn ed25519_verify(public_key: &[u8; 32], data: &[u8], signature: &[u8; 64]) -> bool {
    // SAFETY: the device reads the arguments.
    let valid = unsafe {
        imports::ed25519_verify(
            public_key.as_ptr(),
            public_key.len(),
            data.as_ptr(),
            data.len(),
            signature.as_ptr(),
            signature.len(),
        )
    };
    valid != 0
}

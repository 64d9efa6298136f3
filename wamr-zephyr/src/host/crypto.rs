//! The group `crypto`: keys of the PSA Crypto API, with the names in the devicetree node `wamr,grants`.

use core::ffi::{CStr, c_char, c_int};

use wamr_host::Error;
use wamr_host::crypto::{Crypto, Keys, TAG};

use super::errno::done;
use super::grants;

pub static GROUP: Crypto<Granted> = Crypto::new(Granted);

unsafe extern "C" {
    // zephyr/host/crypto.c
    fn wamr_crypto_hmac(key: u32, data: *const u8, length: usize, code: *mut [u8; 32]) -> c_int;
    fn wamr_crypto_aes_gcm(
        encrypts: bool,
        key: u32,
        nonce: *const [u8; 12],
        aad: *const u8,
        aad_length: usize,
        data: *mut u8,
        length: usize,
    ) -> c_int;

    // zephyr/include/wamr_zephyr_keys.h
    fn wamr_zephyr_set_key(name: *const c_char, key: u32) -> c_int;
    fn wamr_zephyr_import_key(name: *const c_char, usage: c_int, bytes: *const u8, length: usize) -> c_int;
}

/// What apps can do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// HMAC-SHA-256. With `CONFIG_MBEDTLS_PSA_STATIC_KEY_SLOTS`, which is the default, a key is no longer than the longest of other kinds in
    /// the build: 32 bytes, if there is only AES.
    HmacSha256,
    /// AES-GCM, with a key of 16, 24 or 32 bytes.
    AesGcm,
}

/// Sets the key that apps use under a name, which is one of the `key-names` of the devicetree node `wamr,grants`. `key` is the identifier of
/// a key of the PSA Crypto API, whose policy permits HMAC-SHA-256 to sign, or AES-GCM to encrypt and decrypt.
///
/// # Errors
/// [`Error::NotFound`] if there is no such name.
pub fn set_key(name: &CStr, key: u32) -> Result<(), Error> {
    // SAFETY: the name ends with a zero.
    done(unsafe { wamr_zephyr_set_key(name.as_ptr(), key) }).map(drop)
}

/// Makes a volatile key of the PSA Crypto API from its bytes, and [sets](set_key) it. The caller can erase the bytes afterwards.
///
/// # Errors
/// [`Error::NotFound`] if there is no such name, [`Error::InvalidArgument`] if the key has the wrong length, and the errors of the PSA Crypto
/// API.
pub fn import_key(name: &CStr, usage: KeyUse, bytes: &[u8]) -> Result<(), Error> {
    let usage = match usage {
        KeyUse::HmacSha256 => 0,
        KeyUse::AesGcm => 1,
    };
    // SAFETY: the name ends with a zero, and the buffer has this length.
    done(unsafe { wamr_zephyr_import_key(name.as_ptr(), usage, bytes.as_ptr(), bytes.len()) }).map(drop)
}

pub struct Granted;

impl Granted {
    fn transform(&self, encrypts: bool, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        let length = data.len().checked_sub(TAG).ok_or(Error::InvalidArgument)?;
        let (aad_length, aad, data) = (aad.len(), aad.as_ptr(), data.as_mut_ptr());
        // SAFETY: the group passes only numbers of its names, and the C code has a key for each name. The buffers have these lengths, the
        // last one with the tag.
        done(unsafe { wamr_crypto_aes_gcm(encrypts, key, nonce, aad, aad_length, data, length) }).map(drop)
    }
}

impl Keys for Granted {
    fn names(&self) -> &[&str] {
        grants::CRYPTO
    }

    fn hmac_sha256(&self, key: u32, data: &[u8]) -> Result<[u8; 32], Error> {
        let mut code = [0; 32];
        // SAFETY: as above.
        done(unsafe { wamr_crypto_hmac(key, data.as_ptr(), data.len(), &raw mut code) }).map(|_| code)
    }

    fn encrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        self.transform(true, key, nonce, aad, data)
    }

    fn decrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        self.transform(false, key, nonce, aad, data)
    }
}

//! Keys of a board. Its description contains them, so they are for tests only.

use super::Names;
use aes_gcm::{AeadInPlace, Aes128Gcm, Aes256Gcm, KeyInit};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;
use std::fmt;
use wamr_host::Error;
use wamr_host::crypto::{Keys, TAG};

/// A key with its purpose.
#[derive(Deserialize)]
#[serde(try_from = "Text")]
pub enum Key {
    HmacSha256(Vec<u8>),
    Aes128Gcm(Box<Aes128Gcm>),
    Aes256Gcm(Box<Aes256Gcm>),
}

/// A key as a description has it: in hexadecimal digits.
#[derive(Deserialize)]
enum Text {
    #[serde(rename = "hmac-sha256")]
    HmacSha256(String),
    #[serde(rename = "aes-gcm")]
    AesGcm(String),
}

impl TryFrom<Text> for Key {
    type Error = &'static str;

    fn try_from(text: Text) -> Result<Self, Self::Error> {
        match text {
            Text::HmacSha256(digits) => Ok(Self::HmacSha256(bytes(&digits)?)),
            Text::AesGcm(digits) => {
                let bytes = bytes(&digits)?;
                let shorter = Aes128Gcm::new_from_slice(&bytes).map(|cipher| Self::Aes128Gcm(cipher.into()));
                shorter
                    .or_else(|_| Aes256Gcm::new_from_slice(&bytes).map(|cipher| Self::Aes256Gcm(cipher.into())))
                    .map_err(|_| "a key for AES-GCM has 32 or 64 hexadecimal digits")
            }
        }
    }
}

/// Not the key itself.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

fn bytes(digits: &str) -> Result<Vec<u8>, &'static str> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let are_digits = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let bytes = digits.as_bytes().chunks(2).map(byte).collect::<Option<_>>().filter(|_| are_digits);
    bytes.ok_or("a key consists of an even number of hexadecimal digits")
}

/// The keys.
pub struct BoardKeys {
    names: Names,
    keys: Vec<Key>,
}

impl BoardKeys {
    pub fn new(names: Names, keys: Vec<Key>) -> Self {
        Self { names, keys }
    }
}

impl Keys for BoardKeys {
    fn names(&self) -> &[&str] {
        self.names
    }

    fn hmac_sha256(&self, key: u32, data: &[u8]) -> Result<[u8; 32], Error> {
        let Key::HmacSha256(key) = &self.keys[key as usize] else { return Err(Error::NotSupported) };
        let mac: Hmac<Sha256> = KeyInit::new_from_slice(key).expect("keys of any length will do");
        Ok(mac.chain_update(data).finalize().into_bytes().into())
    }

    fn encrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        let (text, tag) = split(data)?;
        let encrypted = match &self.keys[key as usize] {
            Key::Aes128Gcm(cipher) => cipher.encrypt_in_place_detached(nonce.into(), aad, text),
            Key::Aes256Gcm(cipher) => cipher.encrypt_in_place_detached(nonce.into(), aad, text),
            Key::HmacSha256(_) => return Err(Error::NotSupported),
        };
        *tag = encrypted.map_err(|_| Error::Io)?.into();
        Ok(())
    }

    fn decrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error> {
        let (text, tag) = split(data)?;
        let tag = (&*tag).into();
        let decrypted = match &self.keys[key as usize] {
            Key::Aes128Gcm(cipher) => cipher.decrypt_in_place_detached(nonce.into(), aad, text, tag),
            Key::Aes256Gcm(cipher) => cipher.decrypt_in_place_detached(nonce.into(), aad, text, tag),
            Key::HmacSha256(_) => return Err(Error::NotSupported),
        };
        decrypted.map_err(|_| Error::Io)
    }
}

/// The text, and the tag after it.
fn split(data: &mut [u8]) -> Result<(&mut [u8], &mut [u8; TAG]), Error> {
    data.split_last_chunk_mut().ok_or(Error::InvalidArgument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[(&str, &str)]) -> BoardKeys {
        let key = |(purpose, digits): &(&str, &str)| toml::from_str(&format!("{purpose} = '{digits}'")).unwrap();
        BoardKeys::new(&[], texts.iter().map(key).collect())
    }

    /// RFC 4231, test cases 1, 2 and 6.
    #[test]
    fn codes_are_as_published() {
        let long = "aa".repeat(131);
        for (key, data, code) in [
            (
                "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                "4a656665",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &long,
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let keys = keys(&[("hmac-sha256", key)]);
            assert_eq!(keys.hmac_sha256(0, data.as_bytes()).unwrap()[..], bytes(code).unwrap());
        }
    }

    /// Test cases 4 and 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", which NIST refers to.
    #[test]
    fn ciphers_are_as_published() {
        const KEY: &str = "feffe9928665731c6d6a8f9467308308";
        const TEXT: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
            1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let nonce = bytes("cafebabefacedbaddecaf888").unwrap().try_into().unwrap();
        let aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        for (key, secret) in [
            (
                KEY.to_owned(),
                "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05\
                    1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
            ),
            (
                KEY.repeat(2),
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838\
                    c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
            ),
        ] {
            let keys = keys(&[("aes-gcm", &key)]);
            let text = bytes(TEXT).unwrap();
            let mut data = [&text[..], &[0; TAG]].concat();
            keys.encrypt(0, &nonce, &aad, &mut data).unwrap();
            assert_eq!(data, bytes(secret).unwrap());
            keys.decrypt(0, &nonce, &aad, &mut data).unwrap();
            assert_eq!(data[..text.len()], text);
            keys.encrypt(0, &nonce, &aad, &mut data).unwrap();
            assert_eq!(keys.decrypt(0, &nonce, b"other", &mut data), Err(Error::Io));
        }
    }

    #[test]
    fn a_key_has_one_purpose() {
        let keys = keys(&[("hmac-sha256", ""), ("aes-gcm", &"00".repeat(32))]);
        assert_eq!(keys.hmac_sha256(1, b"data"), Err(Error::NotSupported));
        assert_eq!(keys.encrypt(0, &[0; 12], b"", &mut [0; TAG]), Err(Error::NotSupported));
        assert_eq!(keys.decrypt(0, &[0; 12], b"", &mut [0; TAG]), Err(Error::NotSupported));
    }
}

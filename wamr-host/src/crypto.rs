//! The interface `crypto`.

use sha2::{Digest as _, Sha256};
use wamr::{Method, Trap};
use wamr_device::{AppData, GroupLinker, HostGroup};
use wamr_signature::PublicKey;

use crate::abi::{self, Allocated, App};
use crate::{Error, Opened};

/// The longest additional data of AES-GCM, in bytes.
pub const AAD_MAX: usize = 64;

/// The length of the tag after an AES-GCM ciphertext, in bytes.
pub const TAG: usize = 16;

/// The keys of a firmware, by their numbers, and the algorithms that use them. Each key has one purpose.
///
/// All functions fail with [`Error::NotSupported`] if the key is for another purpose, with [`Error::NotFound`] if the firmware has a name for
/// it but no key yet, and with [`Error::Io`].
pub trait Keys: Sync + 'static {
    /// Returns the names of the keys, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Returns the HMAC-SHA-256 of data.
    ///
    /// # Errors
    /// See above.
    fn hmac_sha256(&self, key: u32, data: &[u8]) -> Result<[u8; 32], Error>;

    /// Encrypts in place with AES-GCM. The last [`TAG`] bytes are not part of the text: they become the tag.
    ///
    /// # Errors
    /// See above.
    fn encrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error>;

    /// Decrypts in place with AES-GCM. The last [`TAG`] bytes are the tag.
    ///
    /// # Errors
    /// See above. Also [`Error::Io`] if the data is not authentic; its contents are then arbitrary.
    fn decrypt(&self, key: u32, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<(), Error>;
}

/// The group `crypto`. Its resources are keys.
#[derive(Debug)]
pub struct Crypto<K> {
    keys: K,
    granted: Opened,
}

/// A list of the app: its address and its length.
type List = (u32, u32);

impl<K: Keys> Crypto<K> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("sha256", Self::sha256),
        Method::new("hmac-sha256", Self::hmac_sha256),
        Method::new("aes-gcm-encrypt", Self::aes_gcm_encrypt),
        Method::new("aes-gcm-decrypt", Self::aes_gcm_decrypt),
        Method::new("ed25519-verify", Self::ed25519_verify),
    ];

    /// The group with these keys.
    pub const fn new(keys: K) -> Self {
        Self { keys, granted: Opened::new() }
    }

    fn sha256(&self, mut app: App<'_>, data: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let digest = Sha256::digest(app.bytes(data, length)?);
        abi::ret(&mut app, ret, &digest[..])
    }

    fn hmac_sha256(
        &self,
        mut app: App<'_>,
        key: u32,
        key_length: u32,
        data: u32,
        length: u32,
        ret: u32,
    ) -> Result<(), Trap> {
        let data = app.bytes(data, length)?;
        let code = self.key(&app, (key, key_length))?.and_then(|key| self.keys.hmac_sha256(key, data));
        abi::ret(&mut app, ret, code.as_ref().map(|code| &code[..]).map_err(|error| *error))
    }

    #[expect(clippy::too_many_arguments, reason = "the canonical ABI")]
    fn aes_gcm_encrypt(
        &self,
        mut app: App<'_>,
        key: u32,
        key_length: u32,
        nonce: u32,
        nonce_length: u32,
        aad: u32,
        aad_length: u32,
        text: u32,
        text_length: u32,
        ret: u32,
    ) -> Result<(), Trap> {
        let lists = Lists { key: (key, key_length), nonce: (nonce, nonce_length), aad: (aad, aad_length) };
        app.bytes(text, text_length)?;
        let Some(whole) = text_length.checked_add(TAG as u32) else { return Err(Trap::MemoryOutOfBounds) };
        self.transform(&mut app, lists, (text, text_length), whole, ret, |parameters, data| {
            self.keys.encrypt(parameters.key, &parameters.nonce, parameters.aad(), data)?;
            Ok(whole)
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the canonical ABI")]
    fn aes_gcm_decrypt(
        &self,
        mut app: App<'_>,
        key: u32,
        key_length: u32,
        nonce: u32,
        nonce_length: u32,
        aad: u32,
        aad_length: u32,
        data: u32,
        length: u32,
        ret: u32,
    ) -> Result<(), Trap> {
        let lists = Lists { key: (key, key_length), nonce: (nonce, nonce_length), aad: (aad, aad_length) };
        app.bytes(data, length)?;
        self.transform(&mut app, lists, (data, length), length, ret, |parameters, data| {
            let decrypted = self.keys.decrypt(parameters.key, &parameters.nonce, parameters.aad(), data);
            // Nothing of a text that is not authentic stays in the app.
            decrypted.inspect_err(|_| data.fill(0))?;
            Ok(length - TAG as u32)
        })
    }

    /// Copies a text into new memory of `size` bytes, transforms it there, and returns as many of its bytes as `transform` says. The memory is
    /// allocated only if the parameters are valid.
    fn transform(
        &self,
        app: &mut App<'_>,
        lists: Lists,
        (text, length): List,
        size: u32,
        ret: u32,
        transform: impl FnOnce(&Parameters, &mut [u8]) -> Result<u32, Error>,
    ) -> Result<(), Trap> {
        let parameters = match self.parameters(app, &lists)? {
            Ok(parameters) => parameters,
            Err(error) => return abi::ret(app, ret, Err::<&[u8], _>(error)),
        };
        if size < TAG as u32 {
            return abi::ret(app, ret, Err::<&[u8], _>(Error::InvalidArgument));
        }
        let at = abi::allocate(app, size, 1)?;
        app.memory_mut().copy_within(text as usize..(text + length) as usize, at as usize);
        let done = transform(&parameters, app.bytes_mut(at, size)?);
        abi::ret(app, ret, done.map(|length| Allocated { content: at, length }))
    }

    #[expect(clippy::too_many_arguments, reason = "the canonical ABI")]
    fn ed25519_verify(
        &self,
        app: App<'_>,
        key: u32,
        key_length: u32,
        data: u32,
        length: u32,
        signature: u32,
        signature_length: u32,
    ) -> Result<u32, Trap> {
        let (key, signature) = (app.bytes(key, key_length)?, app.bytes(signature, signature_length)?);
        let data = app.bytes(data, length)?;
        // A key or a signature of another length is not valid.
        let (Ok(key), Ok(signature)) = (key.try_into(), signature.try_into()) else { return Ok(0) };
        Ok(PublicKey::unchecked(key).verifies(data, signature).into())
    }

    fn key(&self, app: &App<'_>, name: List) -> Result<Result<u32, Error>, Trap> {
        self.granted.find(self, app, name)
    }

    fn parameters(&self, app: &App<'_>, lists: &Lists) -> Result<Result<Parameters, Error>, Trap> {
        let (nonce, aad) = (app.bytes(lists.nonce.0, lists.nonce.1)?, app.bytes(lists.aad.0, lists.aad.1)?);
        let key = match self.key(app, lists.key)? {
            Ok(key) => key,
            Err(error) => return Ok(Err(error)),
        };
        let mut parameters = Parameters { key, nonce: [0; 12], aad: [0; AAD_MAX], aad_length: aad.len() };
        let Some(place) = parameters.aad.get_mut(..aad.len()) else { return Ok(Err(Error::InvalidArgument)) };
        if nonce.len() != parameters.nonce.len() {
            return Ok(Err(Error::InvalidArgument));
        }
        place.copy_from_slice(aad);
        parameters.nonce.copy_from_slice(nonce);
        Ok(Ok(parameters))
    }
}

/// The parameters of AES-GCM in the memory of the app.
struct Lists {
    key: List,
    nonce: List,
    aad: List,
}

/// A copy of them, because the text changes in the same memory.
struct Parameters {
    key: u32,
    nonce: [u8; 12],
    aad: [u8; AAD_MAX],
    aad_length: usize,
}

impl Parameters {
    fn aad(&self) -> &[u8] {
        self.aad.get(..self.aad_length).unwrap_or_default()
    }
}

impl<K: Keys> HostGroup for Crypto<K> {
    fn name(&self) -> &str {
        "crypto"
    }

    fn resources(&self) -> &[&str] {
        self.keys.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        self.granted.bind(linker.group());
        linker.interface("wamr:device/crypto@0.1", self, Self::METHODS)
    }
}

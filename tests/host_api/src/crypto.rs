//! Keys by name, with published test vectors.

use hex_literal::hex;
use wamr_zephyr::wamr_host::Error as HostError;
use wamr_zephyr::{KeyUse, import_key, set_key};

use crate::client::app;
use crate::passed;
use crate::probe::{INVALID_ARGUMENT, IO, NOT_FOUND, NOT_SUPPORTED, Probe};

/// The names in `crypto.wat`, by their numbers.
const MAC0: i32 = 0;
/// A key that is longer than a block.
const MAC1: i32 = 1;
const AES0: i32 = 2;
/// The firmware does not set this key.
const UNSET: i32 = 3;
const NOTHING: i32 = 4;

/// Where the app has the parameters.
const NONCE: i32 = 2048;
const AAD: i32 = 2112;
const DATA: i32 = 4096;
/// Where the app has the list of a result.
const LIST: i32 = 512;

pub fn run() {
    let probe = Probe::install(&app!("crypto"));
    assert_eq!(probe.try_call("hmac-sha256", &[MAC0, DATA, 0]), Err(NOT_FOUND), "not set yet");
    keys();
    digests(probe);
    codes(probe);
    ciphers(probe);
    signatures(probe);
    misuse(probe);
    probe.remove();
}

/// The firmware sets the keys.
fn keys() {
    import_key(c"mac0", KeyUse::HmacSha256, b"Jefe").expect("the name exists");
    import_key(c"mac1", KeyUse::HmacSha256, &[0xaa; 131]).expect("keys have any length");
    import_key(c"aes0", KeyUse::AesGcm, &hex!("feffe9928665731c6d6a8f9467308308")).expect("16 bytes");
    assert_eq!(import_key(c"aes0", KeyUse::AesGcm, b"short"), Err(HostError::InvalidArgument));
    assert_eq!(import_key(c"mac", KeyUse::HmacSha256, b"key"), Err(HostError::NotFound));
    assert_eq!(set_key(c"mac00", 1), Err(HostError::NotFound));
}

/// FIPS 180-4.
fn digests(probe: Probe) {
    probe.write(DATA, b"abc");
    assert_eq!(probe.call("sha256", &[DATA, 3]), i64::from(LIST) | 32 << 32);
    assert!(probe.has(LIST, &hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")));
    probe.call("sha256", &[65_536, 0]);
    assert!(probe.has(LIST, &hex!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")));
    probe.traps_out_of_bounds("sha256", &[65_535, 2]);
    probe.traps_out_of_bounds("sha256", &[0, -1]);
}

/// RFC 4231, test cases 2, 6 and 7.
fn codes(probe: Probe) {
    for (key, data, code) in [
        (
            MAC0,
            &b"what do ya want for nothing?"[..],
            hex!("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ),
        (
            MAC1,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            hex!("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        ),
        (
            MAC1,
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
                hashed before being used by the HMAC algorithm.",
            hex!("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
        ),
    ] {
        probe.write(DATA, data);
        assert_eq!(probe.try_call("hmac-sha256", &[key, DATA, data.len() as i32]), Ok(LIST as u32));
        assert!(probe.has(LIST, &code));
    }
}

/// Test cases 3 and 4 of McGrew and Viega, "The Galois/Counter Mode of Operation", which NIST refers to.
fn ciphers(probe: Probe) {
    const TEXT: [u8; 64] = hex!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    );
    const SECRET: [u8; 64] = hex!(
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
        "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985"
    );
    const ADDITIONAL: [u8; 20] = hex!("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    probe.write(NONCE, &hex!("cafebabefacedbaddecaf888"));
    probe.write(AAD, &ADDITIONAL);
    for (aad, length, tag) in [
        (0, 64, hex!("4d5c2af327cd64a62cf35abd2ba6fab4")),
        (ADDITIONAL.len() as i32, 60, hex!("5bc94fbc3221a5db94fae95ae7121a47")),
    ] {
        let (text, secret) = (&TEXT[..length], &SECRET[..length]);
        probe.write(DATA, text);
        assert_eq!(probe.try_call("encrypt", &[AES0, 12, aad, length as i32]), Ok(LIST as u32));
        assert!(probe.has(LIST, secret) && probe.has(LIST + length as i32, &tag));
        assert_eq!(probe.call("bytes", &[8]) as usize, length + 16);

        probe.write(DATA, secret);
        probe.write(DATA + length as i32, &tag);
        assert_eq!(probe.try_call("decrypt", &[AES0, 12, aad, length as i32 + 16]), Ok(LIST as u32));
        assert!(probe.has(LIST, text));
        assert_eq!(probe.call("bytes", &[8]) as usize, length);
        // What is not authentic is not returned.
        probe.write(DATA + length as i32, &[tag[0] ^ 1]);
        assert_eq!(probe.try_call("decrypt", &[AES0, 12, aad, length as i32 + 16]), Err(IO));
        assert!(probe.has(LIST, &[0; 16]));
    }
    // Longer than a step, with a tag that only the key makes.
    assert_eq!(probe.try_call("encrypt", &[AES0, 12, 64, 450]), Ok(LIST as u32));
    let bytes: [[u8; 8]; 59] =
        core::array::from_fn(|index| probe.call("bytes", &[LIST + 8 * index as i32]).to_le_bytes());
    probe.write(DATA, bytes.as_flattened());
    assert_eq!(probe.try_call("decrypt", &[AES0, 12, 64, 466]), Ok(LIST as u32));
    assert_eq!(probe.call("bytes", &[8]), 450);
}

/// RFC 8032, section 7.1, tests 1 and 2.
fn signatures(probe: Probe) {
    for (key, message, signature) in [
        (
            hex!("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
            &b""[..],
            hex!(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
                "be24655141438e7a100b"
            ),
        ),
        (
            hex!("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
            &hex!("72"),
            hex!(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
                "2aeeb00d291612bb0c00"
            ),
        ),
    ] {
        probe.write(NONCE, &key);
        probe.write(AAD, &signature);
        probe.write(DATA, message);
        let length = message.len() as i32;
        assert_eq!(probe.call("verify", &[32, 64, length]), 1);
        assert_eq!(probe.call("verify", &[32, 64, length + 1]), 0);
        assert_eq!((probe.call("verify", &[31, 64, length]), probe.call("verify", &[32, 65, length])), (0, 0));
    }
    passed("an app computes digests, codes and ciphers, and verifies signatures, as published");
}

fn misuse(probe: Probe) {
    assert_eq!(probe.try_call("hmac-sha256", &[NOTHING, DATA, 1]), Err(NOT_FOUND));
    assert_eq!(probe.try_call("hmac-sha256", &[UNSET, DATA, 1]), Err(NOT_FOUND));
    assert_eq!(probe.try_call("encrypt", &[UNSET, 12, 0, 1]), Err(NOT_FOUND));
    assert_eq!(probe.try_call("hmac-sha256", &[AES0, DATA, 1]), Err(NOT_SUPPORTED));
    assert_eq!(probe.try_call("encrypt", &[MAC0, 12, 0, 1]), Err(NOT_SUPPORTED));
    for (nonce, aad) in [(11, 0), (13, 0), (0, 0), (12, 65)] {
        assert_eq!(probe.try_call("encrypt", &[AES0, nonce, aad, 1]), Err(INVALID_ARGUMENT));
        assert_eq!(probe.try_call("decrypt", &[AES0, nonce, aad, 17]), Err(INVALID_ARGUMENT));
    }
    assert_eq!(probe.try_call("decrypt", &[AES0, 12, 0, 15]), Err(INVALID_ARGUMENT), "shorter than a tag");
    for length in [61_441, -1, -16] {
        probe.traps_out_of_bounds("encrypt", &[AES0, 12, 0, length]);
        probe.traps_out_of_bounds("decrypt", &[AES0, 12, 0, length]);
        probe.traps_out_of_bounds("encrypt", &[AES0, 12, length.max(65_536), 0]);
        probe.traps_out_of_bounds("hmac-sha256", &[MAC0, DATA, length]);
    }

    let other = Probe::install(&app!("crypto-narrow"));
    other.traps("encrypt", &[AES0, 12, 0, 1], "crypto:aes0 is not granted");
    other.traps("hmac-sha256", &[MAC1, DATA, 1], "crypto:mac1 is not granted");
    assert_eq!(other.try_call("hmac-sha256", &[MAC0, DATA, 1]), Ok(LIST as u32), "keys are shared");
    other.remove();
    passed("an app uses keys by name, and only those that it is granted, each for its purpose");
}

//! `crypto`.

use wamr_host::Error;

use crate::drivers::{FAIL, notes};
use crate::rig::{App, DATA, ERRORS, RET, Rig, rig};

/// Where the parameters after the name of a key are.
const NONCE: u32 = 0x300;
const AAD: u32 = 0x340;
const TEXT: u32 = 0x400;

const EMPTY: u64 = 0;

#[test]
fn digests() {
    rig(|rig| {
        rig.load(0, &App::default());
        // FIPS 180-4.
        for (text, digest) in [
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ] {
            rig.poke(0, TEXT, text.as_bytes());
            rig.call(0, "sha256", &[TEXT.into(), text.len() as u64, RET.into()]).unwrap();
            assert_eq!(rig.list(0, RET), bytes(digest));
        }
    });
}

#[test]
fn codes() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.poke(0, TEXT, &[1, 2]);
        let hmac = |rig: &mut Rig<'_, '_, '_>, key: &str| {
            rig.poke(0, DATA, key.as_bytes());
            rig.result(0, "hmac-sha256", &[DATA.into(), key.len() as u64, TEXT.into(), 2], 4).unwrap()
        };
        assert_eq!(hmac(rig, "key1"), Ok(()));
        assert_eq!((rig.list(0, RET + 4), notes().as_str()), (vec![0xa5; 32], "hmac 1 [1, 2]"));
        assert_eq!((hmac(rig, "key2"), hmac(rig, "")), (Err(Error::NotFound), Err(Error::NotFound)));
        assert_eq!(notes(), "");
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(hmac(rig, "key0"), Err(error));
        }
    });
}

/// Encrypts or decrypts what is at `TEXT`.
fn transform(
    rig: &mut Rig<'_, '_, '_>,
    function: &str,
    key: &str,
    [nonce, aad, text]: [u64; 3],
) -> Result<Result<(), Error>, String> {
    rig.poke(0, DATA, key.as_bytes());
    let args = [DATA.into(), key.len() as u64, NONCE.into(), nonce, AAD.into(), aad, TEXT.into(), text];
    rig.result(0, function, &args, 4)
}

#[test]
fn ciphers() {
    rig(|rig| {
        rig.load(0, &App::default());
        rig.poke(0, NONCE, &[9]);
        rig.poke(0, AAD, &[3, 4]);
        rig.poke(0, TEXT, &[0x0f, 0xff]);
        assert_eq!(transform(rig, "aes-gcm-encrypt", "key1", [12, 2, 2]), Ok(Ok(())));
        let secret = [&[0xf0, 0x00][..], &[0x77; 16]].concat();
        assert_eq!((rig.list(0, RET + 4), notes().as_str()), (secret.clone(), "encrypt 1 9 [3, 4]"));
        assert_eq!(rig.peek(0, TEXT, 2), [0x0f, 0xff], "the parameter stays as it is");

        rig.poke(0, TEXT, &secret);
        assert_eq!(transform(rig, "aes-gcm-decrypt", "key0", [12, EMPTY, 18]), Ok(Ok(())));
        assert_eq!((rig.list(0, RET + 4), notes().as_str()), (vec![0x0f, 0xff], "decrypt 0 9 []"));
        let text = rig.word(0, RET + 4);

        rig.poke(0, TEXT + 17, &[0]);
        assert_eq!(transform(rig, "aes-gcm-decrypt", "key0", [12, EMPTY, 18]), Ok(Err(Error::Io)));
        // Where the allocator of the app has put it.
        assert_eq!(rig.peek(0, text + 18, 18), [0; 18], "nothing that is not authentic");
        assert_eq!(transform(rig, "aes-gcm-decrypt", "key0", [12, EMPTY, 16]), Ok(Err(Error::Io)), "no text");
        for error in ERRORS {
            FAIL.set(Some(error));
            assert_eq!(transform(rig, "aes-gcm-encrypt", "key0", [12, 64, 1]), Ok(Err(error)));
        }
    });
}

#[test]
fn lengths_are_checked_before_the_key_is_used() {
    rig(|rig| {
        rig.load(0, &App::default());
        for function in ["aes-gcm-encrypt", "aes-gcm-decrypt"] {
            for lengths in [[0, 0, 20], [11, 0, 20], [13, 0, 20], [12, 65, 20], [12, 1000, 20]] {
                assert_eq!(transform(rig, function, "key0", lengths), Ok(Err(Error::InvalidArgument)), "{lengths:?}");
            }
            assert_eq!(transform(rig, function, "key2", [12, 0, 20]), Ok(Err(Error::NotFound)));
            // The result does not fit into the memory of the app.
            let trap = transform(rig, function, "key0", [12, 0, 0xfc00]).unwrap_err();
            assert!(trap.contains("out of bounds"), "{trap}");
        }
        assert_eq!(transform(rig, "aes-gcm-decrypt", "key0", [12, 0, 15]), Ok(Err(Error::InvalidArgument)), "no tag");
        assert_eq!(notes(), "");
    });
}

#[test]
fn signatures() {
    // RFC 8032, section 7.1, tests 1 to 3.
    const VECTORS: [(&str, &str, &str); 3] = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    rig(|rig| {
        rig.load(0, &App::default());
        for (key, message, signature) in
            VECTORS.map(|(key, message, signature)| (bytes(key), bytes(message), bytes(signature)))
        {
            let mut verify = |key: &[u8], message: &[u8], signature: &[u8]| {
                let (mut args, mut at) = (Vec::new(), TEXT);
                for list in [key, message, signature] {
                    rig.poke(0, at, list);
                    args.extend([u64::from(at), list.len() as u64]);
                    at += 0x80;
                }
                rig.call(0, "ed25519-verify", &args)
            };
            assert_eq!(verify(&key, &message, &signature), Ok(1));
            assert_eq!(verify(&key, &[&message[..], &[0]].concat(), &signature), Ok(0));
            assert_eq!(verify(&key[..31], &message, &signature), Ok(0));
            assert_eq!(verify(&key, &message, &signature[..63]), Ok(0));
            assert_eq!(verify(&key, &message, &[&signature[..], &[0]].concat()), Ok(0));
            assert_eq!(verify(&[0; 32], &message, &signature), Ok(0), "a weak key");
            assert_eq!(verify(&[0xff; 32], &message, &[0xff; 64]), Ok(0));
        }
    });
}

#[test]
fn a_key_that_is_not_granted_traps_with_its_name() {
    let app = App { groups: &["crypto"], capabilities: Some(&["crypto:key1"]), ..Default::default() };
    rig(|rig| {
        rig.load(0, &app);
        for function in ["aes-gcm-encrypt", "aes-gcm-decrypt"] {
            let trap = transform(rig, function, "key0", [12, 0, 20]).unwrap_err();
            assert!(trap.ends_with("crypto:key0 is not granted"), "{trap}");
            assert!(transform(rig, function, "key1", [12, 0, 20]).is_ok());
        }
        let trap = rig.result(0, "hmac-sha256", &[DATA.into(), 4, TEXT.into(), 0], 4);
        assert_eq!(trap, Ok(Ok(())), "key1");
        rig.poke(0, DATA, b"key0");
        let trap = rig.result(0, "hmac-sha256", &[DATA.into(), 4, TEXT.into(), 0], 4).unwrap_err();
        assert!(trap.ends_with("crypto:key0 is not granted"), "{trap}");
    });
}

fn bytes(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

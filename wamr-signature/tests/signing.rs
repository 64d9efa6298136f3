//! Who signed what: several keys, several parts, several sets.

use wamr_signature::{Error, HEAD_MAX, InvalidKey, PublicKey, SecretKey, Signatures, sign, verify};

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

fn public(number: u8) -> PublicKey {
    key(number).public_key()
}

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn several_keys_sign_the_same_bytes() {
    let plain = module("(module (memory 1))");
    let one = sign(&plain, &key(1)).unwrap();
    let two = sign(&one, &key(2)).unwrap();
    assert_eq!(sign(&two, &key(1)).unwrap(), two, "signed already");
    assert_eq!(verify(&two, &[public(1)]), Ok(0));
    assert_eq!(verify(&two, &[public(3), public(2)]), Ok(1));
    assert_eq!(verify(&one, &[public(2)]), Err(Error::UnknownKey));
    assert_eq!(verify(&plain, &[public(1)]), Err(Error::NotSigned));

    let signatures = Signatures::of(&two).unwrap();
    assert_eq!(two[signatures.end()..], plain[8..], "the signed bytes as they were");
    let ids = |signatures: Signatures<'_>| -> Vec<Vec<u8>> {
        signatures.sets().flat_map(|set| set.signatures().map(|one| one.key_id().into()).collect::<Vec<_>>()).collect()
    };
    assert_eq!(ids(signatures), [public(1).id(), public(2).id()]);
}

/// Native code in a module is executed where it is, so a signature must not move it off its alignment.
#[test]
fn signed_bytes_stay_at_multiples_of_4() {
    let mut signed = module("(module (memory 1))");
    for number in 1..=5 {
        signed = sign(&signed, &key(number)).unwrap();
        assert_eq!(Signatures::of(&signed).unwrap().end() % 4, 0, "with {number} signatures");
        assert_eq!(verify(&signed, &[public(number)]), Ok(0));
    }
}

#[test]
fn five_keys_fit_and_more_are_refused() {
    let mut signed = module("(module)");
    for number in 1..=5 {
        signed = sign(&signed, &key(number)).unwrap();
    }
    assert_eq!(verify(&signed, &[public(5)]), Ok(0));
    let error = sign(&signed, &key(6)).unwrap_err();
    assert!(matches!(error, Error::TooLong { end } if end > HEAD_MAX), "{error:?}");
}

#[test]
fn parts_count_as_a_whole_only() {
    let text = r#"(module (memory 1)
        (@custom "signature_delimiter" (after memory) "0123456789abcdef")
        (@custom "note" (after last) "abc")
        (@custom "signature_delimiter" (after last) "fedcba9876543210"))"#;
    let signed = sign(&module(text), &key(1)).unwrap();
    let set = Signatures::of(&signed).unwrap().sets().next().unwrap();
    assert_eq!(set.hashes().len(), 2 * 32);
    assert_eq!(verify(&signed, &[public(1)]), Ok(0));

    // Other custom sections delimit nothing.
    let other = sign(&module(r#"(module (@custom "note" (before memory) "abc") (memory 1))"#), &key(1)).unwrap();
    assert_eq!(Signatures::of(&other).unwrap().sets().next().unwrap().hashes().len(), 32);

    let note = signed.windows(5).position(|window| window == b"\x04note").unwrap() - 2;
    assert_eq!(verify(&signed[..note], &[public(1)]), Err(Error::Altered), "the first part alone");
}

#[test]
fn a_module_that_grew_keeps_its_old_signatures() {
    let old = sign(&module("(module (memory 1))"), &key(1)).unwrap();
    let grown = [&old[..], b"\0\x05\x04note"].concat();
    assert_eq!(verify(&grown, &[public(1)]), Err(Error::Altered));

    let new = sign(&grown, &key(2)).unwrap();
    assert_eq!(Signatures::of(&new).unwrap().sets().count(), 2);
    assert_eq!(verify(&new, &[public(1)]), Err(Error::Altered));
    assert_eq!(verify(&new, &[public(1), public(2)]), Ok(1));
}

#[test]
fn keys_are_checked() {
    let mut file = *key(1).to_file();
    assert_eq!(SecretKey::from_file(&file).unwrap().public_key(), public(1));
    assert_eq!(SecretKey::from_file(&file[..64]).unwrap_err(), InvalidKey::Format);
    assert_eq!(SecretKey::from_file(&public(1).to_file()).unwrap_err(), InvalidKey::Public);
    assert_eq!(SecretKey::from_file(&public(1).to_file()[..32]).unwrap_err(), InvalidKey::Format);
    assert_eq!(PublicKey::from_file(&file), Err(InvalidKey::Secret));
    assert_eq!(PublicKey::from_file(&file[..64]), Err(InvalidKey::Format));
    assert_ne!(public(1).id(), public(2).id());
    file[64] ^= 1;
    assert_eq!(SecretKey::from_file(&file).unwrap_err(), InvalidKey::Damaged);
    // Of small order: some signature is valid for any message.
    assert_eq!(PublicKey::new([0; 32]), Err(InvalidKey::Damaged));
    assert_ne!(SecretKey::generate().public_key(), SecretKey::generate().public_key());

    let shown = format!("{:?}", key(1));
    let id: String = public(1).id().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown, format!("SecretKey({id})"));
}

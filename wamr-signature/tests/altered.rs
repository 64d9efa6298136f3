//! A signed module of which a byte is changed, missing or doubled, anywhere.

use wamr_signature::{
    Error, Fault, Field, HEAD_MAX, KEY_ID_SIZE, PublicKey, SecretKey, Signatures, Verifier, sign, verify,
};

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

fn module() -> Vec<u8> {
    wat::parse_str(r#"(module (@custom "note" "abc") (func (export "f") (result i32) (i32.const 7)))"#).unwrap()
}

/// Signed by the keys 1 and 2.
fn signed() -> Vec<u8> {
    sign(&sign(&module(), &key(1)).unwrap(), &key(2)).unwrap()
}

fn keys() -> [PublicKey; 2] {
    [key(1).public_key(), key(2).public_key()]
}

/// In pieces of this many bytes.
fn verify_chunks(module: &[u8], size: usize) -> Result<usize, Error> {
    let mut verifier = Verifier::new(keys());
    module.chunks(size).try_for_each(|chunk| verifier.update(chunk))?;
    verifier.finish()
}

#[test]
fn pieces_of_any_size_are_the_same_module() {
    let module = signed();
    for size in 1..=module.len() {
        assert_eq!(verify_chunks(&module, size), Ok(0), "pieces of {size}");
    }
}

#[test]
fn no_byte_can_be_changed() {
    let original = sign(&module(), &key(2)).unwrap();
    let id = keys()[1].id();
    let id = original.windows(KEY_ID_SIZE).position(|window| window == id).unwrap();
    for at in 0..original.len() {
        for change in [0x01, 0x02, 0x40, 0x80, 0xff] {
            let mut module = original.clone();
            module[at] ^= change;
            let whole = verify(&module, &keys());
            // Key ids are hints that nobody signed.
            if (id..id + KEY_ID_SIZE).contains(&at) {
                assert_eq!(whole, Ok(1), "byte {at} ^ {change}");
            } else {
                let error = whole.expect_err("altered");
                match at {
                    0..8 => assert_eq!(error, Error::NotAModule),
                    8 => assert_eq!(error, Error::NotSigned),
                    _ if at >= Signatures::of(&original).unwrap().end() => assert_eq!(error, Error::Altered),
                    _ => assert_ne!(error, Error::NotAModule, "byte {at} ^ {change}"),
                }
                assert_eq!(verify_chunks(&module, 1), Err(error), "byte {at} ^ {change}");
            }
        }
    }
}

#[test]
fn no_byte_can_be_missing_or_repeated() {
    let module = signed();
    let end = Signatures::of(&module).unwrap().end();
    for length in 0..module.len() {
        let error = match length {
            8 => Error::NotSigned,
            _ if length < end => Error::Truncated { offset: length },
            _ => Error::Altered,
        };
        assert_eq!(verify(&module[..length], &keys()), Err(error), "the first {length}");
        assert_eq!(verify_chunks(&module[..length], 1), Err(error), "the first {length}");
    }
    // The size of the section is longer than necessary, so some of its bytes do not matter.
    let name = module.windows(10).position(|window| window == b"\x09signature").unwrap();
    for at in (0..9).chain(name..module.len()) {
        let (missing, doubled) =
            ([&module[..at], &module[at + 1..]].concat(), [&module[..at], &module[at..=at], &module[at..]].concat());
        for altered in [missing, doubled] {
            // Where neighbours are equal, another one is missing or doubled, and in a key id the sizes do not fit.
            assert!(verify(&altered, &keys()).is_err(), "byte {at}: {altered:x?}");
        }
    }
}

#[test]
fn errors_stay() {
    let module = signed();
    let stranger = [key(3).public_key()];
    let mut verifier = Verifier::new(&stranger);
    let head = Signatures::of(&module).unwrap().end();
    assert_eq!(verifier.update(&module[..head - 1]), Ok(()));
    assert_eq!(verifier.update(&module[head - 1..head]), Err(Error::UnknownKey), "before the rest has come");
    assert_eq!(verifier.update(&module[head..]), Err(Error::UnknownKey));
    assert_eq!(verifier.finish(), Err(Error::UnknownKey));

    let mut verifier = Verifier::new(keys());
    assert_eq!(verifier.update(&[0xff; 2 * HEAD_MAX]), Err(Error::NotAModule));
    assert_eq!(verifier.update(&[0xff; 2 * HEAD_MAX]), Err(Error::NotAModule));
    assert_eq!(verify(&module, &[]), Err(Error::UnknownKey), "no keys at all");
}

/// A module with this signature section.
fn with_section(data: &[u8]) -> Vec<u8> {
    let content = [&b"\x09signature"[..], data].concat();
    let size = [content.len() as u8 & 0x7f | 0x80, (content.len() >> 7) as u8];
    [b"\0asm\x01\0\0\0\0", &size[..], &content].concat()
}

#[test]
fn malformed_signatures_are_reported_with_their_offset() {
    const DATA: usize = 21;
    let malformed = |at, fault| Error::Malformed { offset: DATA + at, fault };
    let hash = [7; 32];
    let set = |set: &[u8]| [&[1, 1, 1, 1, set.len() as u8], set].concat();
    let signature = |signature: &[u8]| set(&[&[1], &hash[..], &[1, signature.len() as u8], signature].concat());
    let unsupported = |at, field, value| Error::Unsupported { offset: DATA + at, field, value };
    let cases: [(Vec<u8>, Error); 14] = [
        (vec![], malformed(0, Fault::Overrun)),
        (vec![2, 1, 1, 0], unsupported(0, Field::Version, 2)),
        (vec![1, 2, 1, 0], unsupported(1, Field::ContentType, 2)),
        (vec![1, 1, 0x81, 0], unsupported(2, Field::HashFunction, 0x81)),
        (vec![1, 1, 1], malformed(3, Fault::Overrun)),
        (vec![1, 1, 1, 1, 2, 0], malformed(4, Fault::Overrun)),
        (vec![1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x1f], malformed(3, Fault::Number)),
        (vec![1, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 0], malformed(3, Fault::Number)),
        (vec![1, 1, 1, 0, 0], malformed(4, Fault::Trailing)),
        (set(&[0, 0]), malformed(5, Fault::NoHashes)),
        (set(&[0xff, 0xff, 0xff, 0xff, 0x0f]), malformed(10, Fault::Overrun)),
        (set(&[&[1], &hash[..], &[0, 0]].concat()), malformed(39, Fault::Trailing)),
        (signature(&[0, 1, 1, 9]), malformed(43, Fault::SignatureSize)),
        (signature(&[0, 2, 1, 9, 9]), malformed(44, Fault::Trailing)),
    ];
    for (data, error) in cases {
        assert_eq!(verify(&with_section(&data), &keys()), Err(error), "{data:x?}");
    }
    // Well-formed, and by nobody: no sets, no signatures, another algorithm.
    for data in [vec![1, 1, 1, 0], set(&[&[1], &hash[..], &[0]].concat()), signature(&[0, 2, 1, 9])] {
        assert_eq!(verify(&with_section(&data), &keys()), Err(Error::UnknownKey), "{data:x?}");
    }
    assert_eq!(verify(&with_section(&[1; HEAD_MAX]), &keys()), Err(Error::TooLong { end: DATA + HEAD_MAX }));
}

#[test]
fn the_last_of_the_maximum_number_of_sets_counts() {
    let signed = sign(&module(), &key(1)).unwrap();
    let end = Signatures::of(&signed).unwrap().end();
    // The set after its length, behind the section's name, the preamble and the count.
    let name = signed.windows(9).position(|window| window == b"signature").unwrap();
    let set = &signed[name + 9 + 4..end];
    let nobodys = [&[34, 1][..], &[7; 32], &[0]].concat();
    let data = [&[1, 1, 1, 11][..], &nobodys.repeat(10), set].concat();
    let many = [&with_section(&data), &signed[end..]].concat();
    let end = Signatures::of(&many).unwrap().end();
    assert!(end <= HEAD_MAX && end + nobodys.len() > HEAD_MAX - 2, "no set more would fit: {end}");
    assert_eq!(verify(&many, &keys()), Ok(0));
    assert_eq!(verify_chunks(&many, 1), Ok(0));
}

#[test]
fn short_sections_are_distinguished_from_truncated_ones() {
    let starts = |rest: &[u8]| [&b"\0asm\x01\0\0\0\0"[..], rest].concat();
    let number = Error::Malformed { offset: 9, fault: Fault::Number };
    for (module, error) in [
        (starts(&[1, 0]), Error::NotSigned),
        (starts(&[0x80, 0x80]), Error::Truncated { offset: 11 }),
        (starts(&[0x80; 5]), number),
    ] {
        assert_eq!(verify(&module, &keys()), Err(error), "{module:x?}");
        assert_eq!(verify_chunks(&module, 1), Err(error), "{module:x?}");
    }
}

#[test]
fn signatures_may_fill_their_section() {
    let sized = |bytes: Vec<u8>| [&[bytes.len() as u8 & 0x7f | 0x80, (bytes.len() >> 7) as u8][..], &bytes].concat();
    // By an algorithm that nobody knows, with a long name of a key.
    let with_id = |size| {
        let signature = [&sized(vec![7; size])[..], &[2, 1, 9]].concat();
        let set = [&[1][..], &[7; 32], &[1], &sized(signature)].concat();
        with_section(&[&[1, 1, 1, 1][..], &sized(set)].concat())
    };
    let room = HEAD_MAX - with_id(0).len();
    assert_eq!(with_id(room).len(), HEAD_MAX);
    assert_eq!(verify(&with_id(room), &keys()), Err(Error::UnknownKey));
    assert_eq!(verify_chunks(&with_id(room), 1), Err(Error::UnknownKey));
    assert_eq!(verify(&with_id(room + 1), &keys()), Err(Error::TooLong { end: HEAD_MAX + 1 }));
}

//! What clients show people of the protocol's numbers: for each a text of its own.

use std::collections::BTreeSet;
use wamr_proto::*;

fn all_differ(texts: &[String]) {
    let different: BTreeSet<_> = texts.iter().filter(|text| !text.is_empty()).collect();
    assert_eq!(different.len(), texts.len(), "{texts:?}");
}

/// The texts of all numbers of a type, as clients read them.
fn of<T: for<'b> minicbor::Decode<'b, ()> + ToString>() -> Vec<String> {
    (0u8..24).map_while(|number| decode::<T>(&[number]).ok()).map(|value| value.to_string()).collect()
}

#[test]
fn each_number_has_a_text_of_its_own() {
    for (texts, count) in [
        (of::<ErrorCode>(), 24),
        (of::<TrapKind>(), 11),
        (of::<LimitKind>(), 4),
        (of::<AppState>(), 5),
        (of::<SignatureMode>(), 3),
        (of::<Restart>(), 3),
    ] {
        assert!(texts.len() >= count, "{texts:?}");
        all_differ(&texts);
    }
    let values = [Value::I32(1), Value::I64(1), Value::F32(1.0), Value::F64(1.0)];
    assert_eq!(values.map(|value| value.type_name()), ["i32", "i64", "f32", "f64"]);
    assert!(!Malformed.to_string().is_empty());
}

#[test]
fn digests_are_shown_and_come_back() {
    let mut digest = Digest([0; 32]);
    digest.0[0] = 0x0a;
    digest.0[31] = 0xff;
    assert_eq!(decode::<Digest>(&encode(&digest).unwrap()), Ok(digest));
    assert_eq!(digest.to_string(), format!("0a{}ff", "00".repeat(30)));
    assert_eq!(Fingerprint::from(&digest).to_string(), format!("0a{}", "00".repeat(7)));
}

/// Core specification, volume 3, part F, 3.4.7.1: an ATT notification has an opcode and a handle before the value.
#[test]
fn messages_fit_into_one_notification() {
    assert_eq!(MESSAGE_MAX + 1 + 2, ATT_MTU_MIN);
}

//! Decodes bytes as all that goes over the air, at the device and at the client. See README.md.

#![no_main]

mod asan;

use libfuzzer_sys::fuzz_target;
use wamr_proto::{
    DataFrame, ErrorCode, FRAME_HEADER, Manifest, Receipt, Rejected, Request, Response, Status, decode, encode, peek,
    read, read_request,
};
use wamr_signature::{PublicKey, SecretKey, Verifier, head_end, verify};
use wamr_stream::{Deframer, ROOM, TO_DEVICE_MAX, ToDevice};

thread_local! {
    /// The key that signed the modules of the corpus.
    static KEYS: [PublicKey; 1] = [SecretKey::from_seed([1; 32]).public_key()];
}

/// Decodes a message, which must mean the same when it is encoded and decoded once more. Gives it encoded, as floats in it may be
/// NaNs; `None` when it is malformed.
macro_rules! again {
    ($decode:expr, $bytes:expr) => {
        $decode($bytes).ok().and_then(|message| encode(&message)).inspect(|encoded| {
            let again = $decode(encoded).expect("what was encoded can be decoded");
            assert_eq!(encode(&again).as_ref(), Some(encoded));
        })
    };
}
fuzz_target!(|bytes: &[u8]| {
    // What a client writes.
    let request = again!(read::<Request>, bytes);
    assert_eq!(request, again!(read_request, bytes));
    answer(bytes);
    head(bytes);
    again!(read::<Manifest<'_>>, bytes);
    frame(bytes);
    line(bytes);
    KEYS.with(|keys| signatures(bytes, keys));

    // What a device sends.
    let response = again!(decode::<Response>, bytes);
    peeked(bytes, request.as_deref(), response.as_deref());
    again!(decode::<Status>, bytes);
    again!(decode::<Receipt>, bytes);
});

/// A request has a number for its answer, also when bytes are missing or too many.
fn answer(bytes: &[u8]) {
    match read_request(bytes) {
        Ok(Request { seq, .. }) => {
            assert_ne!(seq, 0);
            let more = [bytes, &[0]].concat();
            assert_eq!(read_request(&more), Err(Rejected { seq, code: ErrorCode::Malformed, bound: None }));
            let fewer = read_request(&bytes[..bytes.len() - 1]).expect_err("a request has no byte to spare");
            assert!(fewer.seq == seq || fewer.seq == 0 && bytes[1] != 0, "{fewer:?}");
        }
        Err(Rejected { seq, code, .. }) => assert!(seq == 0 || code != ErrorCode::InvalidSequenceNumber),
    }
}

/// What the transport over SMP looks up in messages is what they contain, as a device encodes them. Other bytes are no harm.
fn peeked(bytes: &[u8], request: Option<&[u8]>, response: Option<&[u8]>) {
    (peek::seq(bytes), peek::refusal(bytes));
    if let Some(request) = request {
        assert_eq!(peek::seq(request), read_request(request).expect("it was read before").seq);
    }
    if let Some(encoded) = response {
        let response: Response = decode(encoded).expect("it was decoded before");
        assert_eq!(peek::seq(encoded), response.seq);
        assert_eq!(peek::refusal(encoded), response.refusal.map(|refusal| refusal.code as u32));
    }
}

/// The head of a file is the same, however few more bytes are known.
fn head(bytes: &[u8]) {
    if let Ok(Some(end)) = head_end(bytes)
        && end <= bytes.len()
    {
        assert_eq!(head_end(&bytes[..end]), Ok(Some(end)));
        assert!(head_end(&bytes[..end - 1]).is_ok());
    }
}

/// A data frame is its bytes; only what has no room for an offset is none.
fn frame(bytes: &[u8]) {
    let Some(frame) = DataFrame::decode(bytes) else {
        assert!(bytes.len() < FRAME_HEADER);
        return;
    };
    let mut buffer = vec![0; bytes.len()];
    assert_eq!(frame.encode(&mut buffer), Some(bytes));
}

/// However the bytes of a serial line are cut, they contain the same frames, and a frame after them is found.
fn line(bytes: &[u8]) {
    let mut buffer = [0; TO_DEVICE_MAX];
    let value = &bytes[..bytes.len().min(ROOM)];
    let wire = [bytes, ToDevice::Data(value).encode(&mut buffer)].concat();
    let whole = frames(&[&wire]);
    assert_eq!(whole.last().map(|frame| frame.split_first()), Some(Some((&3, value))));
    let first = bytes.first().map_or(0, |&part| wire.len() * usize::from(part) / 256);
    let (start, end) = wire.split_at(first);
    assert_eq!(frames(&[start, end]), whole);
    for frame in whole {
        // The number of a characteristic can be unknown, and everything else comes back as it was.
        if let Some(decoded) = ToDevice::decode(&frame) {
            assert_eq!(frames(&[decoded.encode(&mut buffer)]), [frame]);
        }
    }
}

/// Returns the frames in the pieces of a stream.
fn frames(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut deframer, mut found) = (Deframer::new(), Vec::new());
    for mut piece in pieces.iter().copied() {
        while !piece.is_empty() {
            found.extend(deframer.next(&mut piece).map(<[u8]>::to_vec));
        }
    }
    found
}

/// However a module is cut into pieces, its signatures are found good or bad for the same reason.
fn signatures(bytes: &[u8], keys: &[PublicKey]) {
    let whole = verify(bytes, keys);
    // The first byte says where to cut, as a part of 256.
    let first = bytes.first().map_or(0, |&part| bytes.len() * usize::from(part) / 256);
    let (start, end) = bytes.split_at(first);
    let mut verifier = Verifier::new(keys);
    let pieces = verifier.update(start).and_then(|()| verifier.update(end)).and_then(|()| verifier.finish());
    assert_eq!(whole, pieces);
}

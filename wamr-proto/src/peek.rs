//! Single values of encoded messages, for transports that pass messages on and do not decode them.

use crate::read::Input;
use crate::request::seq_of;

/// Returns the `seq` of an encoded [`Request`](crate::Request) or [`Response`](crate::Response). 0 if it has none.
pub fn seq(message: &[u8]) -> u32 {
    seq_of(&mut Input::new(message)).unwrap_or(0)
}

/// Returns the number of the [`ErrorCode`](crate::ErrorCode) in an encoded [`Response`](crate::Response). `None` if the request succeeded.
pub fn refusal(response: &[u8]) -> Option<u32> {
    let mut input = Input::new(response);
    find(&mut input, 1)?;
    find(&mut input, 0)?;
    input.u32()
}

/// Moves to the value of a key.
fn find(input: &mut Input<'_>, key: u64) -> Option<()> {
    for _ in 0..input.map()? {
        if input.u64()? == key {
            return Some(());
        }
        input.skip()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, ErrorCode, Refusal, Request, Response, encode};

    #[test]
    fn numbers_are_found() {
        let request = encode(&Request { seq: 70_000, command: Command::Commit }).unwrap();
        assert_eq!((seq(&request), refusal(&request)), (70_000, None));
        let done = Response::new(7);
        assert_eq!((seq(&encode(&done).unwrap()), refusal(&encode(&done).unwrap())), (7, None));
        for code in [ErrorCode::Malformed, ErrorCode::NotSigned] {
            let refused = Response { refusal: Some(Refusal::new(code, "because")), ..done.clone() };
            let refused = encode(&refused).unwrap();
            assert_eq!((seq(&refused), refusal(&refused)), (7, Some(code as u32)));
        }
    }

    #[test]
    fn other_bytes_have_no_numbers() {
        for bytes in [&b""[..], b"\xa1", b"\xa1\x00", b"\xa1\x00\x20", b"\x82\x00\x01", b"\xa2\x05\xa1\x00\x01\x01\xa0"]
        {
            assert_eq!((seq(bytes), refusal(bytes)), (0, None), "{bytes:02x?}");
        }
    }
}

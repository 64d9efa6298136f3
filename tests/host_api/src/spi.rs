//! An SPI device that answers with the complement of what it receives.

use wamr_proto::Value;

use crate::client::app;
use crate::passed;
use crate::probe::{Probe, Resource};

pub fn run() {
    let probe = Probe::install(&app!("probe"));
    assert_eq!(probe.try_call("open-spi", &[Resource::Echo as i32]), Ok(1));
    let sent = i64::from_le_bytes([1, 2, 3, 4, 0x80, 0, 0, 0]);
    let args = [Value::I32(1), Value::I64(sent), Value::I32(5)];
    // The case, and where the list is.
    assert_eq!(probe.call_with("spi-transfer", args.into_iter()), 512 << 32);
    assert_eq!(probe.call("bytes", &[512]).to_le_bytes()[..5], [0xfe, 0xfd, 0xfc, 0xfb, 0x7f]);
    assert_eq!(probe.call_with("spi-read", [Value::I32(1), Value::I64(2)].into_iter()), 512 << 32);
    assert_eq!(probe.call("bytes", &[512]).to_le_bytes()[..3], [0xff, 0xff, 0xfc]);
    // More than fits, the last case of its errors.
    assert_eq!(probe.call_with("spi-read", [Value::I32(1), Value::I64(257)].into_iter()) as u8, 1);
    let other = Probe::install(&app!("narrow"));
    assert!(other.try_call("open-spi", &[Resource::Echo as i32]).is_err(), "another app uses it");
    other.remove();
    probe.remove();
    passed("an app exchanges bytes with an SPI device");
}

//! Finding frames in a stream of bytes.

use heapless::Vec;

use crate::frame::{ROOM, checked, encoded_max};

/// Collects the bytes of a stream and returns the frames in it. Drops everything else: a frame that was damaged on the way, one that is too
/// long, and the text of a boot loader on the same line.
#[derive(Debug, Default)]
pub struct Deframer {
    /// The bytes since the last zero. After a frame was found: its content.
    frame: Vec<u8, { encoded_max(ROOM) }>,
    is_too_long: bool,
    is_found: bool,
}

impl Deframer {
    /// Makes a deframer that has seen nothing.
    pub const fn new() -> Self {
        Self { frame: Vec::new(), is_too_long: false, is_found: false }
    }

    /// Takes bytes up to the end of the next frame, or all of them, and leaves the rest in `bytes`. Returns the content of the frame.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Option<&[u8]> {
        if self.is_found {
            self.clear();
        }
        while let Some(end) = bytes.iter().position(|byte| *byte == 0) {
            self.collect(&bytes[..end]);
            *bytes = &bytes[end + 1..];
            if let Some(len) = self.decode() {
                self.frame.truncate(len);
                self.is_found = true;
                return Some(&self.frame);
            }
            self.clear();
        }
        self.collect(bytes);
        *bytes = &[];
        None
    }

    fn collect(&mut self, bytes: &[u8]) {
        self.is_too_long |= self.frame.extend_from_slice(bytes).is_err();
    }

    /// Decodes the frame in its place. Returns the length of its content.
    fn decode(&mut self) -> Option<usize> {
        if self.is_too_long {
            return None;
        }
        let len = cobs::decode_in_place(&mut self.frame).ok()?;
        checked(&self.frame[..len]).map(<[u8]>::len)
    }

    fn clear(&mut self) {
        self.frame.clear();
        (self.is_too_long, self.is_found) = (false, false);
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use wamr_proto::Characteristic;

    use super::*;
    use crate::{TO_CLIENT_MAX, TO_DEVICE_MAX, ToClient, ToDevice};

    fn contents(mut bytes: &[u8], at_once: usize) -> Vec<Vec<u8>> {
        let (mut deframer, mut found) = (Deframer::new(), Vec::new());
        while !bytes.is_empty() {
            let (mut part, rest) = bytes.split_at(at_once.min(bytes.len()));
            while let Some(content) = deframer.next(&mut part) {
                found.push(content.to_vec());
            }
            bytes = rest;
        }
        found
    }

    #[test]
    fn frames_come_back_as_they_were_however_they_are_cut() {
        let value: Vec<u8> = (0..ROOM).map(|at| (at % 256 * usize::from(at % 3 > 0)) as u8).collect();
        let frames = [
            ToDevice::Open,
            ToDevice::Close,
            ToDevice::Ping,
            ToDevice::Data(&value),
            ToDevice::Data(&[]),
            ToDevice::Control(255, &[0; 182]),
            ToDevice::Read(Characteristic::Status),
            ToDevice::Listen(Characteristic::Message),
        ];
        let wire: Vec<u8> = frames.iter().flat_map(|frame| frame.encode(&mut [0; TO_DEVICE_MAX]).to_vec()).collect();
        for at_once in [1, 2, 3, 64, 500, wire.len()] {
            let found = contents(&wire, at_once);
            let decoded: Vec<_> = found.iter().map(|content| ToDevice::decode(content)).collect();
            assert_eq!(decoded, frames.map(Some), "{at_once} bytes at once");
        }
    }

    #[test]
    fn frames_of_devices_come_back_as_they_were() {
        let frames = [
            ToClient::Open,
            ToClient::Busy,
            ToClient::Closed,
            ToClient::Taken(7),
            ToClient::Value(Characteristic::Result, &[]),
            ToClient::Notification(Characteristic::Log, b"app: 1"),
        ];
        let wire: Vec<u8> = frames.iter().flat_map(|frame| frame.encode(&mut [0; TO_CLIENT_MAX]).to_vec()).collect();
        let found = contents(&wire, wire.len());
        let decoded: Vec<_> = found.iter().map(|content| ToClient::decode(content)).collect();
        assert_eq!(decoded, frames.map(Some));
    }

    #[test]
    fn damaged_frames_long_ones_and_text_are_dropped_and_the_next_frame_is_found() {
        let mut buffer = [0; TO_DEVICE_MAX];
        let good = ToDevice::Control(1, b"request").encode(&mut buffer).to_vec();
        let mut noise: Vec<Vec<u8>> =
            std::vec![b"*** Booting ***\r\n".to_vec(), std::vec![1; 3 * TO_DEVICE_MAX], std::vec![]];
        for at in 1..good.len() - 1 {
            for bit in 0..8 {
                let mut damaged = good.clone();
                damaged[at] ^= 1 << bit;
                noise.push(damaged);
            }
            noise.push(good[..at].to_vec());
        }
        for noise in noise {
            let wire = [&noise[..], &good[..]].concat();
            assert_eq!(contents(&wire, 16), [b"\x04\x01request"], "{noise:?}");
        }
    }

    #[test]
    fn unknown_frames_are_none() {
        for content in [&[] as &[u8], &[7], &[0, 0], &[4], &[5], &[5, 5], &[6, 9, 0]] {
            assert_eq!(ToDevice::decode(content), None, "{content:?}");
        }
        for content in [&[] as &[u8], &[6], &[3], &[4], &[4, 5]] {
            assert_eq!(ToClient::decode(content), None, "{content:?}");
        }
    }
}

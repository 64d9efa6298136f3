//! The frame of the *data* characteristic.

/// Bytes of a data frame that are not module bytes: the offset.
pub const FRAME_HEADER: usize = 4;

/// A piece of a module and where it belongs: a little-endian `u32` offset, then the bytes.
///
/// Not CBOR, because every byte here is a byte of radio time for each frame of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFrame<'a> {
    /// Offset of the first byte in the module.
    pub offset: u32,
    /// The module's bytes from there on.
    pub bytes: &'a [u8],
}

impl<'a> DataFrame<'a> {
    /// Splits a written value into offset and bytes. `None` when it is shorter than the offset.
    pub fn decode(value: &'a [u8]) -> Option<Self> {
        let (offset, bytes) = value.split_first_chunk::<FRAME_HEADER>()?;
        Some(Self { offset: u32::from_le_bytes(*offset), bytes })
    }

    /// Writes the frame to the front of `buffer` and returns that part, or `None` when the buffer is too short.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let frame = buffer.get_mut(..FRAME_HEADER + self.bytes.len())?;
        let (offset, bytes) = frame.split_at_mut(FRAME_HEADER);
        offset.copy_from_slice(&self.offset.to_le_bytes());
        bytes.copy_from_slice(self.bytes);
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_was() {
        let frame = DataFrame { offset: 0x0102_0304, bytes: b"wasm" };
        let mut buffer = [0; 8];
        let encoded = frame.encode(&mut buffer).unwrap();
        assert_eq!(encoded, [4, 3, 2, 1, b'w', b'a', b's', b'm']);
        assert_eq!(DataFrame::decode(encoded), Some(frame));
    }

    #[test]
    fn too_short_values_and_buffers_are_told() {
        assert_eq!(DataFrame::decode(&[1, 2, 3]), None);
        assert_eq!(DataFrame::decode(&[1, 2, 3, 4]).unwrap().bytes, b"");
        assert_eq!(DataFrame { offset: 0, bytes: b"wasm" }.encode(&mut [0; 7]), None);
    }
}

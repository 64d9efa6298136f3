//! The frame of the *data* characteristic.

/// The number of bytes in a data frame before the module bytes: the offset.
pub const FRAME_HEADER: usize = 4;

/// The maximum number of bytes in a data frame on transports that could carry more: as over Bluetooth with the largest ATT MTU that the HCI
/// host offers.
pub const FRAME_MAX: usize = 495;

/// Added to the offset of a frame that does not contain bytes of the module, but how to make them: operations in the format of the crate
/// `wamr-delta`. A device knows such frames after [`Command::Base`](crate::Command::Base).
pub const DELTA_FRAME: u32 = 1 << 31;

/// A piece of a module and its position: a little-endian `u32` offset, then the bytes.
///
/// This is not CBOR, because each extra byte costs radio time in every frame of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFrame<'a> {
    /// Offset of the first byte in the module, or the sum of it and [`DELTA_FRAME`].
    pub offset: u32,
    /// The module's bytes from this offset, or the operations that make them.
    pub bytes: &'a [u8],
}

impl<'a> DataFrame<'a> {
    /// Splits a written value into offset and bytes. Returns `None` if it is shorter than the offset.
    pub fn decode(value: &'a [u8]) -> Option<Self> {
        let (offset, bytes) = value.split_first_chunk::<FRAME_HEADER>()?;
        Some(Self { offset: u32::from_le_bytes(*offset), bytes })
    }

    /// Writes the frame to the start of `buffer` and returns that part. Returns `None` if the buffer is too short.
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

//! Whether code can run where it is.

/// `AOT_SECTION_TYPE_RELOCATION` in WAMR's `core/iwasm/aot/aot_runtime.h`.
const SECTION: u32 = 5;

/// The section without anything in it: three counts.
const EMPTY: usize = 12;

/// Whether an AOT file contains relocations, which code in flash cannot get.
pub fn is_relocated(file: &[u8]) -> bool {
    let word = |at: usize| Some(u32::from_le_bytes(file.get(at..)?.first_chunk().copied()?));
    let mut at = 8;
    while let (Some(kind), Some(size)) = (word(at), word(at + 4)) {
        let size = size as usize;
        if kind == SECTION {
            return size > EMPTY;
        }
        at = (at + 8 + size).next_multiple_of(4);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_found_behind_others() {
        let file = |size: u32| {
            let front = [b"\0aot\x05\0\0\0".as_slice(), b"\x02\0\0\0\x03\0\0\0abc\0", b"\x05\0\0\0"].concat();
            [front, size.to_le_bytes().to_vec(), vec![0; size as usize]].concat()
        };
        assert!(!is_relocated(&file(12)));
        assert!(is_relocated(&file(108)));
        assert!(!is_relocated(b"\0aot"));
    }
}

//! What an AOT file says about itself: a custom section that is added behind WAMR's own.
//!
//! A device reads it before it runs the code: see `wamr/src/native.rs`.
//!
//! ```text
//! u32    the number of the rules by which instructions count
//! [32]   SHA-256 of the module that was compiled
//! u32    what the code may use of the processor: `Processor::uses`
//! u32    pages of the memory at the beginning
//! u32    and at most; 0xffffffff without a maximum
//! u32    bytes in a page; 0 without a memory
//! text   the model of the processor, in LLVM's words, with its length in a byte before it
//! ```

use crate::Processor;

/// The name of the section.
pub(crate) const SECTION: &str = "wamr:native";

/// The type of custom sections in AOT files: `AOT_SECTION_TYPE_CUSTOM` in WAMR's `core/iwasm/aot/aot_runtime.h`.
const CUSTOM: u32 = 100;
/// One with any content: `AOT_CUSTOM_SECTION_RAW`.
const RAW: u32 = 0;

/// What the section says.
pub struct Note {
    /// The rules by which instructions count: [`SCHEME`](crate::SCHEME).
    pub scheme: u32,
    /// The processor.
    pub processor: Processor,
    /// SHA-256 of the module.
    pub module: [u8; 32],
    /// Its memory.
    pub memory: Option<wasmparser::MemoryType>,
}

impl Note {
    /// Appends the section to an AOT file.
    pub fn append(&self, file: &mut Vec<u8>) {
        let mut content = RAW.to_le_bytes().to_vec();
        // A string of WAMR's: its length includes the zero at its end.
        content.extend((SECTION.len() as u16 + 1).to_le_bytes());
        content.extend(SECTION.bytes());
        content.push(0);
        content.extend(self.scheme.to_le_bytes());
        content.extend(self.module);
        content.extend(self.processor.uses.to_le_bytes());
        let memory = self.memory.map_or([0; 3], |memory| {
            let most = memory.maximum.map_or(u32::MAX, |pages| pages as u32);
            [memory.initial as u32, most, 1 << memory.page_size_log2.unwrap_or(16)]
        });
        content.extend(memory.iter().flat_map(|number| number.to_le_bytes()));
        content.push(self.processor.cpu.len() as u8);
        content.extend(self.processor.cpu.bytes());
        // Sections begin at multiples of 4.
        file.resize(file.len().next_multiple_of(4), 0);
        file.extend(CUSTOM.to_le_bytes());
        file.extend((content.len() as u32).to_le_bytes());
        file.extend(content);
    }
}

extern crate std;

use std::vec;

use super::*;

/// A block grows by every size into the free memory behind it, is filled, and the block behind that memory is freed: WAMR mistook the
/// content for its own bookkeeping (`wamr-sys/cmake/allocator.cmake`).
#[test]
fn a_block_that_grew_is_the_users() {
    let mut buffer = vec![0; 64 * 1024];
    // SAFETY: the buffer outlives the heap, which is this thread's.
    let heap = unsafe { Heap::new(buffer.as_mut_ptr(), buffer.len() as u32) }.unwrap();
    let free = heap.usage().total_free_size;
    let raw = heap.header().raw;
    for behind in (4..=300).step_by(8) {
        for size in 5..=behind + 40 {
            // SAFETY: each block is used as it was given, and freed once.
            unsafe {
                let grown = mem_allocator_malloc(raw, 4);
                let gap = mem_allocator_malloc(raw, behind);
                let last = mem_allocator_malloc(raw, 100);
                mem_allocator_free(raw, gap);
                let grown = mem_allocator_realloc(raw, grown, size);
                assert!(!grown.is_null(), "{size} bytes");
                grown.cast::<u8>().write_bytes(0xff, size as usize);
                mem_allocator_free(raw, last);
                mem_allocator_free(raw, grown);
                assert_eq!(heap.usage().total_free_size, free, "grown to {size} before {behind} free bytes");
                let whole = mem_allocator_malloc(raw, free - 8);
                assert!(!whole.is_null(), "in pieces: grown to {size} before {behind} free bytes");
                mem_allocator_free(raw, whole);
            }
        }
    }
}

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

/// A heap ends behind its last block, and what follows it is the caller's.
#[test]
fn a_heap_is_cut_to_its_blocks() {
    for keep in [0, 1, 8, 100, 5_000, 100_000, u32::MAX] {
        let mut buffer = vec![0_u64; 8 * 1024];
        let size = 8 * buffer.len();
        // SAFETY: the buffer outlives the heap, which is this thread's; blocks are used as they were given.
        unsafe {
            let heap = Heap::new(buffer.as_mut_ptr().cast(), size as u32).unwrap();
            let raw = heap.header().raw;
            let blocks = [100, 3_000, 500, 40].map(|size| mem_allocator_malloc(raw, size));
            mem_allocator_free(raw, blocks[1]);
            let used = heap.usage().total_size - heap.usage().total_free_size;
            let left = heap.cut(keep);
            let usage = heap.usage();
            assert_eq!(usage.total_size - usage.total_free_size, used, "what is used stays");
            let end = blocks[3].cast::<u8>().add(40).offset_from(buffer.as_ptr().cast()) as u32;
            let expected = end.saturating_add(keep).min(size as u32);
            // The heap consists of multiples of 8 bytes.
            assert!((expected - 7..expected + 24).contains(&left), "{left} bytes are left for {expected}");
            if keep < 60_000 {
                buffer.as_mut_ptr().cast::<u8>().add(left as usize).write_bytes(0xff, size - left as usize);
            }
            // The heap works as before, to its new end.
            let tail = keep.saturating_sub(8);
            if tail >= 100 && keep < 60_000 {
                assert!(heap.largest() >= tail);
                blocks[0].cast::<u8>().write_bytes(0xff, 100);
                let last = mem_allocator_malloc(raw, heap.largest());
                assert!(!last.is_null());
                last.cast::<u8>().write_bytes(0xff, 50);
                mem_allocator_free(raw, last);
            }
            for block in [blocks[3], blocks[0], blocks[2]] {
                mem_allocator_free(raw, block);
            }
            let free = heap.largest();
            assert_eq!(free + 4, heap.usage().total_free_size, "one block again");
            let whole = mem_allocator_malloc(raw, free);
            assert!(!whole.is_null() && mem_allocator_malloc(raw, 1).is_null());
            assert_eq!((heap.largest(), heap.cut(0)), (0, left), "nothing is free");
        }
    }
}

/// The end of a block is free for others, and joins what is free behind it.
#[test]
fn a_block_is_shortened() {
    let mut buffer = vec![0_u64; 8 * 1024];
    // SAFETY: the buffer outlives the heap, which is this thread's; blocks are used as they were given.
    unsafe {
        let heap = Heap::new(buffer.as_mut_ptr().cast(), 8 * 8 * 1024).unwrap();
        let raw = heap.header().raw;
        let all = heap.largest();
        for size in [0, 1, 8, 100, 5_000, all - 100, all - 8, all - 1, all] {
            let part = mem_allocator_malloc(raw, size.min(all / 2));
            assert_eq!(heap.largest(), all - Heap::block_size(size.min(all / 2).max(8)));
            mem_allocator_free(raw, part);
            let block = mem_allocator_malloc(raw, all);
            block.cast::<u8>().write_bytes(0xaa, all as usize);
            assert_eq!(heap.largest(), 0);
            heap.shorten(block.cast(), size);
            let freed = heap.largest();
            assert!(freed + size <= all && freed + size + 32 >= all, "{freed} bytes behind {size} of {all}");
            let other = mem_allocator_malloc(raw, freed.max(8));
            assert_eq!(other.is_null(), freed == 0);
            if !other.is_null() {
                other.cast::<u8>().write_bytes(0xff, freed as usize);
            }
            assert!((0..size as usize).all(|at| block.cast::<u8>().add(at).read() == 0xaa), "{size}");
            mem_allocator_free(raw, other);
            mem_allocator_free(raw, block);
            assert_eq!(heap.largest(), all);
        }
        // What is behind it may be in use.
        let block = mem_allocator_malloc(raw, 1_000);
        let behind = mem_allocator_malloc(raw, 100);
        heap.shorten(block.cast(), 500);
        let between = mem_allocator_malloc(raw, 400);
        assert!(between > block && between < behind);
        for block in [behind, block, between] {
            mem_allocator_free(raw, block);
        }
        assert_eq!(heap.largest(), all);
    }
}

/// Blocks for a while leave no gaps between those that stay, in whatever order they come and go.
#[test]
fn blocks_for_a_while_leave_no_gaps() {
    let mut buffer = vec![0_u64; 16 * 1024];
    // SAFETY: the buffer outlives the heap, which is this thread's; blocks are used as they were given, and freed once.
    unsafe {
        let heap = Heap::new(buffer.as_mut_ptr().cast(), 8 * 16 * 1024).unwrap();
        let raw = heap.header().raw;
        let free = heap.usage().total_free_size;
        let allocate = |usage, size: u32, content: u8| {
            wamr_sys_allocate(usage);
            let block = mem_allocator_malloc(raw, size).cast::<u8>();
            wamr_sys_allocate(BEST_FIT);
            assert!(!block.is_null());
            block.write_bytes(content, size as usize);
            (block, size, content)
        };
        let (mut kept, mut passing) = (vec![], vec![]);
        for round in 0..200_u32 {
            kept.push(allocate(TO_KEEP, 4 + round * 7 % 90, round as u8));
            for part in 0..3 {
                passing.push(allocate(FOR_A_WHILE, 1 + (round * 31 + part * 57) % 120, !round as u8));
            }
            for _ in 0..2 {
                let (block, ..) = passing.swap_remove((round as usize * 13) % passing.len());
                mem_allocator_free(raw, block.cast());
            }
        }
        for (block, size, content) in kept.iter().chain(&passing) {
            assert!((0..*size as usize).all(|at| block.add(at).read() == *content), "blocks overlap");
        }
        for (block, ..) in passing {
            mem_allocator_free(raw, block.cast());
        }
        assert_eq!(heap.largest() + 4, heap.usage().total_free_size, "there are gaps");
        let end = kept.iter().map(|(block, size, _)| block.add(*size as usize)).max().unwrap();
        let left = heap.cut(0) as usize;
        assert!(left - (end.addr() - buffer.as_ptr().addr()) < 16, "{left} bytes are left");
        for (block, ..) in kept {
            mem_allocator_free(raw, block.cast());
        }
        assert!(heap.usage().total_free_size < free && heap.largest() + 4 == heap.usage().total_free_size);
    }
}

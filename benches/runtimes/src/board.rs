//! Zephyr's side of the measurement: `board.c`.

#[path = "../../qemu.rs"]
mod qemu;

use core::alloc::{GlobalAlloc, Layout};

mod c {
    unsafe extern "C" {
        pub fn aligned_alloc(alignment: usize, size: usize) -> *mut u8;
        pub fn free(block: *mut u8);
        pub fn board_print(text: *const u8, length: usize);
        pub safe fn board_print_number(number: u64);
        pub safe fn board_heap_peak() -> usize;
        pub safe fn board_stack_peak() -> usize;
        pub safe fn board_stack_now() -> usize;
        pub safe fn board_cycles() -> u32;
        pub safe fn board_panic() -> !;
        pub static board_icount_shift: u32;
    }
}

pub use qemu::instructions;

pub use c::{board_heap_peak as heap_peak, board_stack_now as stack_now, board_stack_peak as stack_peak};

struct Heap;

// SAFETY: a heap of Zephyr with one user.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the alignment is a power of two.
        unsafe { c::aligned_alloc(layout.align(), layout.size()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: it came from this heap.
        unsafe { c::free(block) }
    }
}

#[global_allocator]
static HEAP: Heap = Heap;

fn cycles() -> u32 {
    c::board_cycles()
}

fn icount_shift() -> u32 {
    // SAFETY: a constant.
    unsafe { c::board_icount_shift }
}

/// # Panics
/// When [`instructions`] does not find a known number of instructions.
pub fn check_unit() {
    assert!(qemu::check_unit().is_ok(), "the timer's frequency is another");
}

pub fn print(text: &str) {
    // SAFETY: bytes of that length.
    unsafe { c::board_print(text.as_ptr(), text.len()) }
}

/// Prints a line for `scripts/runtimes`: words, and a number.
pub fn report(words: &[&str], number: u64) {
    for word in words {
        print(word);
        print(" ");
    }
    c::board_print_number(number);
    print("\n");
}

/// Without the message, whose formatting would be the largest part of some runtimes.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    if let Some(location) = info.location() {
        report(&["panic", location.file()], location.line().into());
    }
    c::board_panic()
}

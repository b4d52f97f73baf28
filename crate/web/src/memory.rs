//! Rust's allocator, made for an interpreter: while a program runs, small blocks that were given back wait in lists for
//! the next who asks for their size. It counts what is held, and remembers what the browser refused: memory that cannot
//! be had ends in a trap, and after it nothing else says why.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::{self, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

use wasm_bindgen::prelude::wasm_bindgen;

/// Sizes of small blocks are multiples of this, which is what they are aligned to.
const STEP: usize = 8;
/// Blocks of up to `STEP · LISTS` bytes are small.
const LISTS: usize = 16;

/// A small block that nobody holds, and the one that was given back before it.
struct Waiting {
    next: *mut Waiting,
}

struct Memory {
    waiting: UnsafeCell<[*mut Waiting; LISTS]>,
}

// SAFETY: the module runs on one thread, and no function here calls another that allocates.
unsafe impl Sync for Memory {}

#[global_allocator]
static MEMORY: Memory = Memory { waiting: UnsafeCell::new([null_mut(); LISTS]) };

/// The bytes that are allocated now.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// The bytes of the first allocation that failed; 0 before.
static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// What became of a request for so many bytes more than were held.
#[inline(always)]
fn watched(memory: *mut u8, bytes: usize, more: usize) -> *mut u8 {
    if memory.is_null() {
        let _ = REFUSED.compare_exchange(0, bytes, Ordering::Relaxed, Ordering::Relaxed);
    } else {
        HELD.fetch_add(more, Ordering::Relaxed);
    }
    memory
}

/// The number of the list that blocks of this layout wait in, if they are small.
#[inline(always)]
fn list(layout: Layout) -> Option<usize> {
    let number = layout.size().wrapping_sub(1) / STEP;
    (number < LISTS && layout.align() <= STEP).then_some(number)
}

/// The layout of all blocks in a list.
fn block(list: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and the size is no larger than `STEP · LISTS`.
    unsafe { Layout::from_size_align_unchecked((list + 1) * STEP, STEP) }
}

// SAFETY: a block is held by one who asked for it, or is in the list that its layout has, or is the system's.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(list) = list(layout) else { return watched(unsafe { System.alloc(layout) }, layout.size(), layout.size()) };
        let first = unsafe { &mut (*self.waiting.get())[list] };
        if first.is_null() {
            return watched(unsafe { System.alloc(block(list)) }, layout.size(), layout.size());
        }
        let taken = *first;
        *first = unsafe { (*taken).next };
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        taken.cast()
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if list(layout).is_none() {
            return watched(unsafe { System.alloc_zeroed(layout) }, layout.size(), layout.size());
        }
        let memory = unsafe { self.alloc(layout) };
        if !memory.is_null() {
            unsafe { memory.write_bytes(0, layout.size()) };
        }
        memory
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let wanted = unsafe { Layout::from_size_align_unchecked(bytes, layout.align()) };
        // Less than before is a difference that wraps, and so does adding it.
        let more = bytes.wrapping_sub(layout.size());
        match (list(layout), list(wanted)) {
            (None, None) => watched(unsafe { System.realloc(memory, layout, bytes) }, bytes, more),
            (before, after) if before == after => watched(memory, bytes, more),
            _ => {
                let moved = unsafe { self.alloc(wanted) };
                if !moved.is_null() {
                    unsafe { ptr::copy_nonoverlapping(memory, moved, layout.size().min(bytes)) };
                    unsafe { self.dealloc(memory, layout) };
                }
                moved
            }
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        let Some(list) = list(layout) else { return unsafe { System.dealloc(memory, layout) } };
        let first = unsafe { &mut (*self.waiting.get())[list] };
        let given: *mut Waiting = memory.cast();
        unsafe { given.write(Waiting { next: *first }) };
        *first = given;
    }
}

/// Gives back what waits, so that small blocks side by side can be large ones again.
pub fn give_back() {
    for list in 0..LISTS {
        // SAFETY: as for allocations; the blocks are the system's, and nobody holds them.
        let mut first = std::mem::replace(unsafe { &mut (*MEMORY.waiting.get())[list] }, null_mut());
        while !first.is_null() {
            let next = unsafe { (*first).next };
            unsafe { System.dealloc(first.cast(), block(list)) };
            first = next;
        }
    }
}

/// How many bytes of WebAssembly's memory the engine holds now. That memory never shrinks; this does.
#[wasm_bindgen(js_name = heldBytes)]
pub fn held_bytes() -> f64 {
    HELD.load(Ordering::Relaxed) as f64
}

/// How many bytes were asked for that could not be had; 0 if there was memory always.
#[wasm_bindgen(js_name = refusedBytes)]
pub fn refused_bytes() -> f64 {
    REFUSED.load(Ordering::Relaxed) as f64
}

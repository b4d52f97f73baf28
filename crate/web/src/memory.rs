//! Rust's allocator, which counts what is held, and remembers what the browser refused: memory that cannot be had ends in
//! a trap, and after it nothing else says why.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use wasm_bindgen::prelude::wasm_bindgen;

struct Watched;

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// The bytes that are allocated now.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// The bytes of the first allocation that failed; 0 before.
static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// What became of a request for so many bytes more than were held.
fn watched(memory: *mut u8, bytes: usize, more: usize) -> *mut u8 {
    if memory.is_null() {
        let _ = REFUSED.compare_exchange(0, bytes, Ordering::Relaxed, Ordering::Relaxed);
    } else {
        HELD.fetch_add(more, Ordering::Relaxed);
    }
    memory
}

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        watched(unsafe { System.alloc(layout) }, layout.size(), layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        watched(unsafe { System.alloc_zeroed(layout) }, layout.size(), layout.size())
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // Less than before is a difference that wraps, and so does adding it.
        watched(unsafe { System.realloc(memory, layout, bytes) }, bytes, bytes.wrapping_sub(layout.size()))
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(memory, layout) }
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

//! Rust's allocator, made for an interpreter: while a program runs, small blocks that were given back wait in lists for
//! the next who asks for their size. It counts what is held, and remembers what the browser refused: memory that cannot
//! be had ends in a trap, and after it nothing else says why.
//!
//! All this is the memory of the thread that has the engine. Threads that help it (`team.rs`) are on the same memory, and
//! nothing here waits for anybody: each has a heap of its own, beside its stack, and frees only what it allocated.

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

// SAFETY: one thread alone comes here, the others have a `Heap`; and no function here calls another that allocates.
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
        if let Some(heap) = heap() {
            return heap.alloc(layout);
        }
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
        if list(layout).is_none() && heap().is_none() {
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
        if heap().is_none() {
            // Less than before is a difference that wraps, and so does adding it.
            let more = bytes.wrapping_sub(layout.size());
            match (list(layout), list(wanted)) {
                (None, None) => return watched(unsafe { System.realloc(memory, layout, bytes) }, bytes, more),
                (before, after) if before == after => return watched(memory, bytes, more),
                _ => {}
            }
        }
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            unsafe { ptr::copy_nonoverlapping(memory, moved, layout.size().min(bytes)) };
            unsafe { self.dealloc(memory, layout) };
        }
        moved
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if let Some(heap) = heap() {
            return heap.dealloc(memory, layout);
        }
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        let Some(list) = list(layout) else { return unsafe { System.dealloc(memory, layout) } };
        let first = unsafe { &mut (*self.waiting.get())[list] };
        let given: *mut Waiting = memory.cast();
        unsafe { given.write(Waiting { next: *first }) };
        *first = given;
    }
}

/// A thread's stack and heap: this, then room for the first blocks, and the stack at the end.
const THREAD: usize = 1 << 20;
const STACK: usize = THREAD / 2;
const PAGE: usize = 1 << 16;
/// What its blocks are aligned to, and the least that one takes: nothing in a kernel needs more.
const ALIGN: usize = 16;

/// The heap of a thread that helps: blocks of powers of two, which wait in lists once they are given back.
struct Heap {
    waiting: [*mut Waiting; usize::BITS as usize],
    /// Where no block was yet.
    rest: *mut u8,
    end: *mut u8,
}

unsafe extern "C" {
    /// The end of the module's data; the stack of the thread that has the engine lies before it.
    static __heap_base: u8;
}

/// The heap of this thread, if it is one that helps: it lies below its stack.
#[inline(always)]
fn heap() -> Option<&'static mut Heap> {
    let here = 0_u8;
    let here = &raw const here;
    if here < &raw const __heap_base {
        return None;
    }
    // SAFETY: `new_thread` made it, and this thread alone has it.
    Some(unsafe { &mut *here.map_addr(|address| address & !(THREAD - 1)).cast_mut().cast() })
}

impl Heap {
    fn list(layout: Layout) -> usize {
        layout.size().max(ALIGN).next_power_of_two().trailing_zeros() as usize
    }

    #[inline(never)]
    fn alloc(&mut self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGN {
            return null_mut();
        }
        let list = Heap::list(layout);
        let first = self.waiting[list];
        if !first.is_null() {
            // SAFETY: a block of this size that nobody holds.
            self.waiting[list] = unsafe { (*first).next };
            return first.cast();
        }
        let bytes = 1_usize << list;
        if self.end.addr() - self.rest.addr() < bytes {
            let pages = bytes.max(THREAD).div_ceil(PAGE);
            let Some(grown) = grow(pages) else { return null_mut() };
            self.rest = grown;
            self.end = self.rest.wrapping_add(pages * PAGE);
        }
        let block = self.rest;
        self.rest = block.wrapping_add(bytes);
        block
    }

    #[inline(never)]
    fn dealloc(&mut self, memory: *mut u8, layout: Layout) {
        let list = Heap::list(layout);
        let given: *mut Waiting = memory.cast();
        // SAFETY: the block is this thread's, and as large as all of its list.
        unsafe { given.write(Waiting { next: self.waiting[list] }) };
        self.waiting[list] = given;
    }
}

/// Pages that are new: they belong to whom they are given, whoever else asks for some at the same time.
fn grow(pages: usize) -> Option<*mut u8> {
    #[cfg(target_arch = "wasm32")]
    let before = core::arch::wasm32::memory_grow(0, pages);
    #[cfg(not(target_arch = "wasm32"))]
    let before = { let _ = pages; usize::MAX };
    (before != usize::MAX).then(|| ptr::with_exposed_provenance_mut(before * PAGE))
}

/// Makes a stack and a heap for a thread that helps; where its stack begins. 0 where there is no memory for them.
#[wasm_bindgen(js_name = newThread)]
pub fn new_thread() -> *mut u8 {
    // SAFETY: the layout is that of `THREAD` bytes, aligned to as many; `Heap` is at their beginning, before its blocks.
    unsafe {
        let thread = System.alloc(Layout::from_size_align_unchecked(THREAD, THREAD));
        if thread.is_null() {
            return thread;
        }
        let rest = thread.add(size_of::<Heap>().next_multiple_of(ALIGN));
        thread.cast::<Heap>().write(Heap { waiting: [null_mut(); usize::BITS as usize], rest, end: thread.add(THREAD - STACK) });
        thread.add(THREAD)
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

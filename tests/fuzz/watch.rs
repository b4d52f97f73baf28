//! What an input may cost: time, memory, and no panic.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Counts what each thread holds, and the most that it held.
pub struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What a reader may take for one input.
pub struct Budget {
    /// As many inputs are read where nobody asks for more: the same ones on every machine that reads them in a minute.
    pub inputs: u64,
    pub time: Duration,
    pub bytes: usize,
    /// Whether a panic of the reader is caught where it is used, as it is by whoever uses a library of others.
    pub may_panic: bool,
}

/// Gives a reader one input after the other until the time is over or as many were read, and fails with the number of the first that costs
/// more than the budget; its bytes are then in `tests/output/fuzz`.
pub fn watch(name: &str, budget: &Budget, mut read: impl FnMut(u64) -> Vec<u8>, mut take: impl FnMut(&[u8])) {
    let asked = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, most) = match (asked("FUZZ_SECONDS"), asked("FUZZ_INPUTS")) {
        (None, None) => (60, budget.inputs),
        (seconds, inputs) => (seconds.unwrap_or(u64::from(u32::MAX)), inputs.unwrap_or(u64::MAX)),
    };
    let first = asked("FUZZ_SEED").unwrap_or(0);
    let (started, mut number, mut panics) = (Instant::now(), first, 0);
    while number - first < most && started.elapsed() < Duration::from_secs(seconds) {
        let input = read(number);
        // Before it is tried: after a stack that overflowed nothing could be written any more.
        fs::write(output().join(name), &input).unwrap();
        let begun = Instant::now();
        MOST.set(HELD.get());
        let before = HELD.get();
        let ended = catch_unwind(AssertUnwindSafe(|| take(&input)));
        let (time, bytes) = (begun.elapsed(), (MOST.get() - before) as usize);
        let again = format!("FUZZ_SEED={number}, tests/output/fuzz/{name}");
        assert!(ended.is_ok() || budget.may_panic, "input {number} made the reader panic ({again})");
        assert!(time < budget.time, "input {number} took {time:?} ({again})");
        // Writing down where a panic came from takes more than any reader.
        assert!(bytes < budget.bytes || ended.is_err(), "input {number} took {bytes} bytes ({again})");
        panics += u64::from(ended.is_err());
        number += 1;
    }
    println!("{name}: {} inputs, {panics} of which made a library panic", number - first);
    assert!(number - first > seconds.min(most - 1), "fewer than one input a second were read");
}

fn output() -> PathBuf {
    let folder = root().join("tests/output/fuzz");
    fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files under a folder with this ending, at most so large, in order.
pub fn files(folder: &str, ending: &str, largest: u64) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) && path.metadata().unwrap().len() <= largest {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "there is no {ending} in {folder}");
    found
}

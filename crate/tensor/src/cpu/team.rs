//! Work that threads share. Each part of it is computed as it would be alone, so that no result depends on how many
//! threads there are.
//!
//! Whoever runs the engine brings the threads, by [`bring`]: WebAssembly has none of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Threads that compute together, the one that asks among them.
pub trait Team: Sync {
    /// How many there are now.
    fn size(&self) -> usize;

    /// Calls `work` on some of the threads, and returns when all have come back from it. What `work` is given hands out
    /// the numbers below `parts`, each once.
    fn run(&self, parts: usize, work: &Work<'_>);
}

pub type Work<'a> = dyn Fn(&mut dyn FnMut() -> Option<usize>) + Sync + 'a;

/// So many multiply-adds take some 40 µs, and to wake a thread takes up to 30.
const FEWEST: usize = 1 << 20;
/// Parts for each thread, so that one that something else holds up keeps nobody waiting for long.
const PARTS: usize = 2;

static TEAM: OnceLock<&'static dyn Team> = OnceLock::new();
/// Whether the team is at work: what is a part of it is not shared again.
static IS_BUSY: AtomicBool = AtomicBool::new(false);

/// From now on this team shares the work of all engines of the process. The first one stays.
pub fn bring(team: &'static dyn Team) {
    let _ = TEAM.set(team);
}

/// How many multiply-adds there are for sizes that are gone through one inside the other.
pub fn multiply_adds(sizes: &[usize]) -> usize {
    sizes.iter().fold(1, |product: usize, &size| product.saturating_mul(size))
}

/// Who would share so many multiply-adds.
fn team(multiply_adds: usize) -> Option<&'static dyn Team> {
    if multiply_adds < FEWEST || IS_BUSY.load(Ordering::Relaxed) { None } else { TEAM.get().copied() }
}

/// Into how many parts it is worth to divide so many multiply-adds: 1 where nobody would share them.
pub fn parts(multiply_adds: usize) -> usize {
    let size = team(multiply_adds).map_or(1, Team::size);
    if size < 2 { 1 } else { PARTS * size }
}

/// Calls `work` for each piece, on as many threads as there are if all of it takes so many multiply-adds. Each thread
/// begins with a workspace of its own.
///
/// A thread frees what it allocates, and nothing else: pieces are slices, and buffers that keep their sizes.
pub fn share<P: Send, W>(multiply_adds: usize, pieces: &mut [P], workspace: impl Fn() -> W + Sync, work: impl Fn(&mut P, &mut W) + Sync) {
    let team = team(multiply_adds).filter(|_| pieces.len() > 1 && !IS_BUSY.swap(true, Ordering::Acquire));
    let Some(team) = team else {
        let mut workspace = workspace();
        return pieces.iter_mut().for_each(|piece| work(piece, &mut workspace));
    };
    let pieces: Vec<Mutex<&mut P>> = pieces.iter_mut().map(Mutex::new).collect();
    team.run(pieces.len(), &|next| {
        let mut workspace = workspace();
        while let Some(piece) = next().and_then(|part| pieces.get(part)) {
            work(&mut piece.lock().unwrap_or_else(PoisonError::into_inner), &mut workspace);
        }
    });
    IS_BUSY.store(false, Ordering::Release);
}

//! Workers that compute together with the one that has the engine: each has an instance of the module of its own, on the
//! same memory. `www/src/engine/team.js` starts them, and says when to begin and who has ended.

use tensor::cpu::team::{Team, Work, bring};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// How many threads there are that have begun to listen, with this one.
    #[wasm_bindgen(js_name = teamSize)]
    fn team_size() -> u32;
    /// Tells the others that there is work at an address, in so many parts.
    #[wasm_bindgen(js_name = beginWork)]
    fn begin_work(address: *const u8, parts: u32);
    /// A part of it that nobody has yet; -1 where all are given out.
    #[wasm_bindgen(js_name = nextPart)]
    fn next_part() -> i32;
    /// Waits until nobody is at it any more.
    #[wasm_bindgen(js_name = endWork)]
    fn end_work();
}

struct Workers;

static WORKERS: Workers = Workers;

impl Team for Workers {
    fn size(&self) -> usize {
        team_size() as usize
    }

    fn run(&self, parts: usize, work: &Work<'_>) {
        let shared: *const &Work<'_> = &work;
        begin_work(shared.cast(), parts as u32);
        work(&mut next);
        end_work();
    }
}

fn next() -> Option<usize> {
    usize::try_from(next_part()).ok()
}

/// Shares the work of kernels among workers from now on.
#[wasm_bindgen(js_name = bringTeam)]
pub fn bring_team() {
    bring(&WORKERS);
}

/// What another thread does with the address that it was told.
#[wasm_bindgen(js_name = joinWork)]
pub fn join_work(address: *const u8) {
    // SAFETY: `run` had it from a reference, and waits in `end_work` until this has returned.
    let work: &Work<'_> = unsafe { *address.cast::<&Work<'_>>() };
    work(&mut next);
}

//! `bytes`.

use std::ops::Deref;
use std::rc::Rc;

use super::heap;

/// Bytes that are counted while they live.
#[derive(PartialEq, PartialOrd, Eq, Ord)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    pub fn new(bytes: Vec<u8>) -> Rc<Bytes> {
        heap::charge(bytes.capacity());
        Rc::new(Bytes(bytes))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        heap::refund(self.0.capacity());
    }
}

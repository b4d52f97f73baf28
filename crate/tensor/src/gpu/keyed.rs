//! What a step finds again of the step before: its plans, and its bind groups.

use std::rc::Rc;

/// A number that tells most sequences of numbers apart, with one more at the end of its sequence.
pub fn mixed(key: u64, number: u64) -> u64 {
    (key.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// Values in the order of their keys, of which few are alike, and of their age.
pub struct Keyed<T>(Vec<(u64, Rc<T>)>);

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Keyed(Vec::new())
    }
}

impl<T> Keyed<T> {
    /// The newest value with this key that `is` is true of.
    pub fn find(&self, key: u64, is: impl Fn(&T) -> bool) -> Option<&Rc<T>> {
        let end = self.0.partition_point(|&(other, _)| other <= key);
        let mut alike = self.0[..end].iter().rev().take_while(|&&(other, _)| other == key);
        alike.find(|(_, value)| is(value)).map(|(_, value)| value)
    }

    /// Keeps a value; in place of all others where there are `most` already.
    pub fn keep(&mut self, key: u64, value: T, most: usize) -> Rc<T> {
        if self.0.len() >= most {
            self.0.clear();
        }
        let value = Rc::new(value);
        let end = self.0.partition_point(|&(other, _)| other <= key);
        self.0.insert(end, (key, value.clone()));
        value
    }

    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.0.retain(|(_, value)| keep(value));
    }
}

//! Sorting.

use super::element::{Compute, by_compute};
use super::reduction::each_lane;
use super::top::top;
use crate::layout::sort_indices;
use crate::ops::cells::Lanes;
use crate::ops::sort::Equal;
use crate::ops::{Spec, View};
use crate::{Result, Values};

/// The indices that sort each lane of `dim`.
pub fn order(dim: usize, descending: bool, equal: Equal, input: &View<'_>, output: &Spec) -> Result<Values> {
    let lanes = Lanes::new(&output.shape, dim);
    let mut sorted = vec![0i64; output.numel()];
    by_compute!(input.values.dtype(), C => {
        let x = C::read(input)?;
        let (mut keys, mut order) = (Vec::with_capacity(lanes.length), Vec::with_capacity(lanes.length));
        for start in each_lane(lanes).take_while(|_| lanes.length > 0) {
            keys.clear();
            keys.extend((0..lanes.length).map(|i| {
                let key = x[start + i * lanes.inner].key();
                if descending { !key } else { key }
            }));
            match equal {
                Equal::Stable => sort_by_keys(&keys, &mut order),
                Equal::Top { k, sorted } => order = top(&keys, k, sorted),
            }
            for (i, &source) in order.iter().enumerate() {
                sorted[start + i * lanes.inner] = i64::from(source);
            }
        }
        Ok(Values::Int64(sorted))
    })
}

/// The numbers of the keys in ascending order, equal ones as they are: byte by byte, from the last that differs to the
/// first (radix sort by the least significant digit), since a comparison costs as much as a byte of many keys.
fn sort_by_keys(keys: &[u64], order: &mut Vec<u32>) {
    /// Of fewer keys, counting the values that a byte may have takes longer.
    const FEW: usize = 64;
    order.clear();
    if keys.len() < FEW {
        let mut few: Vec<usize> = (0..keys.len()).collect();
        sort_indices(&mut few, &|a, b| keys[a].cmp(&keys[b]));
        order.extend(few.into_iter().map(|number| number as u32));
        return;
    }
    order.extend(0..keys.len() as u32);
    let mut before = order.clone();
    let differing = keys.iter().fold(0, |bits, key| bits | (key ^ keys[0]));
    for shift in (0..u64::BITS).step_by(8).filter(|shift| differing >> shift & 0xff != 0) {
        let byte = |number: u32| (keys[number as usize] >> shift & 0xff) as usize;
        let mut places = [0u32; 257];
        order.iter().for_each(|&number| places[byte(number) + 1] += 1);
        (1..places.len()).for_each(|i| places[i] += places[i - 1]);
        std::mem::swap(order, &mut before);
        for &number in &before {
            let place = &mut places[byte(number)];
            order[*place as usize] = number;
            *place += 1;
        }
    }
}

/// A number as bits that are in the order of the values: equal for equal ones, the largest for NaN.
trait Key {
    fn key(self) -> u64;
}

impl Key for i64 {
    fn key(self) -> u64 {
        self.cast_unsigned() ^ 1 << 63
    }
}

macro_rules! float_key {
    ($($float:ty, $bits:ty;)*) => {$(
        impl Key for $float {
            fn key(self) -> u64 {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                // Adding 0 makes one zero of both. Of negative numbers the larger bits are the smaller number's.
                let bits = (self + 0.0).to_bits();
                let ordered = if bits & SIGN != 0 { !bits } else { bits | SIGN };
                u64::from(if self.is_nan() { <$bits>::MAX } else { ordered })
            }
        }
    )*};
}
float_key!(f32, u32; f64, u64;);

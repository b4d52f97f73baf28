//! FLOPs as `torch.utils.flop_counter.FlopCounterMode` counts them: those of matrix products, convolutions and attention,
//! a multiply-add as two. Cellwise work, sums and masks do not count; what the engine really did is in [`tensor::Engine::work`].

use std::cell::Cell;

use tensor::Tensor;

use crate::value::{Args, Big, Value};
use crate::{Context, Raise};

/// The count of a run. A model that reads a million tokens on the device meta counts beyond 64 bits.
#[derive(Default)]
pub struct FlopCount {
    total: Cell<u128>,
    /// The total when the instruction began that runs now.
    settled: Cell<u128>,
}

impl FlopCount {
    /// A product (.., N, K) x (.., K, M) -> (.., N, M): 2·N·K·M for each matrix of the batch.
    pub fn count_product(&self, left: &Tensor, product: &Tensor) {
        let k = left.shape().last().copied().unwrap_or(0);
        self.add(&[2, k, product.numel()]);
    }

    /// A convolution with `weight` (C out, C in of a group, width) that gave `output` (B, C out, T).
    pub fn count_convolution(&self, weight: &Tensor, output: &Tensor) {
        self.add(&[2, weight.shape()[1..].iter().product(), output.numel()]);
    }

    /// Attention of `query` (.., T, D) over `key` (.., S, D) and `value` (.., S, Dv): both products, with or without a mask.
    pub fn count_attention(&self, query: &Tensor, key: &Tensor, value: &Tensor) {
        let width = |tensor: &Tensor| tensor.shape().last().copied().unwrap_or(0);
        let rows = query.numel() / width(query).max(1);
        let keys = key.numel() / width(key).max(1) / key.shape()[..key.dimensions() - 2].iter().product::<usize>().max(1);
        self.add(&[2, rows, keys, width(query) + width(value)]);
    }

    fn add(&self, factors: &[usize]) {
        let flops = factors.iter().fold(1u128, |flops, &factor| flops.saturating_mul(factor as u128));
        self.total.set(self.total.get().saturating_add(flops));
    }

    /// The instruction has run.
    pub fn settle(&self) {
        self.settled.set(self.total.get());
    }

    /// The instruction will run again, and count again.
    pub fn take_back(&self) {
        self.total.set(self.settled.get());
    }
}

/// How many FLOPs were counted since the program began.
pub fn flops(context: &mut Context, _: Args) -> Result<Value, Raise> {
    let total = context.torch.flops.total.get();
    match i64::try_from(total) {
        Ok(total) => Ok(Value::Int(total)),
        Err(_) => Big::parse(&total.to_string(), 10).map_or(Ok(Value::Int(i64::MAX)), |total| total?.value()),
    }
}

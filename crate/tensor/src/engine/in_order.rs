//! Results that lie in memory in another order than row by row.

use std::rc::Rc;

use super::Engine;
use crate::ops::Operation;
use crate::ops::copy::Copy;
use crate::{Result, Tensor};

impl Engine {
    /// [`Engine::run`], but in memory the result's dimensions lie in this order. On the tape it is one operation, at its cost.
    pub fn run_in_order(&self, operation: impl Operation + 'static, inputs: &[&Tensor], order: &[usize]) -> Result<Tensor> {
        let operation: Rc<dyn Operation> = Rc::new(operation);
        let tape = self.take_tape();
        let moved = self.apply(operation.clone(), inputs).and_then(|result| {
            let work = self.work.get();
            let moved = self.run(Copy { dtype: result.dtype() }, &[&result.view(result.layout().permute(order))])?;
            self.work.set(work);
            Ok(moved.view(moved.layout().unpermute(order)))
        });
        *self.tape.borrow_mut() = tape;
        let output = moved?;
        self.record(operation, inputs, &output);
        Ok(output)
    }
}

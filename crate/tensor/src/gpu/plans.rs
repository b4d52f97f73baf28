//! How operations were started before. The layers of a model do the same to tensors that lie alike, and so does its next
//! token: which kernels that takes, and which numbers they are told, is found out once.

use std::cell::RefCell;
use std::rc::Rc;

use super::fusion::Code;
use super::keyed::{Keyed, mixed};
use crate::ops::{Operation, Spec};
use crate::{DType, Layout};

/// How many are kept: those of the longest steps, and some that change with the position.
const MOST: usize = 512;

/// One start of a kernel, but for the buffers.
pub struct Start {
    pub pipeline: wgpu::ComputePipeline,
    /// The numbers of the inputs that it binds, in order.
    pub inputs: Vec<usize>,
    /// Where its parameters are.
    pub slot: u32,
    pub grid: (u32, u32),
}

/// What is computed, of what lies how: all that its starts depend on.
pub struct Call {
    pub task: Task,
    pub inputs: Vec<(DType, Layout)>,
    pub output: Spec,
}

pub enum Task {
    Operation(Rc<dyn Operation>),
    /// Several at once, by the kernel that does them.
    Fused(Code),
}

impl Call {
    pub fn of(operation: &Rc<dyn Operation>, inputs: &[(&Spec, &Layout)], output: &Spec) -> Call {
        let inputs = inputs.iter().map(|&(spec, layout)| (spec.dtype, layout.clone())).collect();
        Call { task: Task::Operation(operation.clone()), inputs, output: output.clone() }
    }

    pub fn is(&self, operation: &dyn Operation, inputs: &[(&Spec, &Layout)], output: &Spec) -> bool {
        self.output == *output
            && self.inputs.len() == inputs.len()
            && self.inputs.iter().zip(inputs).all(|((dtype, layout), (spec, other))| *dtype == spec.dtype && layout == *other)
            && matches!(&self.task, Task::Operation(kept) if kept.is_alike(operation))
    }

    /// What tells most calls apart: the task by a number of its own, the output's shape, and how the inputs lie.
    pub fn key<'a>(task: usize, output: &[usize], inputs: impl Iterator<Item = &'a Layout>) -> u64 {
        let key = output.iter().fold(mixed(0, task as u64), |key, &size| mixed(key, size as u64));
        inputs.fold(key, |key, layout| layout.strides.iter().fold(mixed(key, layout.offset as u64), |key, &stride| mixed(key, stride as u64)))
    }
}

/// The plans of a program's steps.
#[derive(Default)]
pub struct Plans(RefCell<Keyed<Plan>>);

/// A call and its starts, in order.
pub struct Plan {
    call: Call,
    pub starts: Vec<Rc<Start>>,
}

impl Plans {
    pub fn find(&self, key: u64, is: impl Fn(&Call) -> bool) -> Option<Rc<Plan>> {
        self.0.borrow().find(key, |plan| is(&plan.call)).cloned()
    }

    pub fn keep(&self, key: u64, call: Call, starts: Vec<Rc<Start>>) -> Rc<Plan> {
        self.0.borrow_mut().keep(key, Plan { call, starts }, MOST)
    }

    pub fn forget(&self) {
        self.0.take();
    }
}

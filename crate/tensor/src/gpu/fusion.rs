//! Elementwise work that waits until somebody reads what it gives: by then what a program does with that, cell by cell, is
//! known too, and what occurs often becomes one dispatch instead of several.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use super::pipeline::module;
use super::plans::{Call, Plan, Start, Task};
use super::{Gpu, GpuBuffer, grid};
use crate::ops::cellwise::{parameters, workgroups};
use crate::ops::{Operation, Spec};
use crate::storage::Buffer;
use crate::{DType, Layout, Result, Tensor};

/// The most tensors that one kernel reads: those of `shaders/fused.wgsl`.
const LEAVES: usize = 4;
/// The most operations that it does.
const STEPS: usize = 6;
/// Larger outputs do not wait: they keep a GPU busy one by one, and hold on to much memory meanwhile.
const MOST_CELLS: usize = 1 << 22;
/// How many wait at a time: what they read cannot be given back as long as they do.
const MOST_WAITING: usize = 8;
/// How many may wait for one another.
const MOST_DEEP: u8 = 8;
/// How often the same work is done operation by operation before a kernel is compiled for it.
const OFTEN: u32 = 8;

/// Work that gives the elements of one buffer.
#[derive(Debug)]
pub struct Waiting {
    work: RefCell<Option<Work>>,
    result: OnceCell<GpuBuffer>,
    /// How many wait for one another, this one with them.
    depth: u8,
}

/// Operations on float32, each on tensors or on what an earlier one gave; the last one's result is wanted.
#[derive(Debug)]
struct Work {
    /// The output's.
    layout: Rc<Layout>,
    /// What is read, broadcast to the output's shape.
    leaves: [Option<Leaf>; LEAVES],
    steps: [Option<Step>; STEPS],
}

#[derive(Clone, Debug)]
struct Leaf {
    buffer: Rc<Buffer>,
    layout: Rc<Layout>,
}

#[derive(Clone, Debug)]
struct Step {
    operation: Rc<dyn Operation>,
    /// What [`Operation::fused`] says.
    cell: &'static str,
    /// The places of its x and y: of leaves, and from [`LEAVES`] on of steps.
    operands: [Option<u8>; 2],
}

/// All that a kernel depends on: of each step, where the text of its cell stands, and the places of its operands.
pub type Code = [(usize, [Option<u8>; 2]); STEPS];

impl Waiting {
    /// The operation, and before it what its inputs still wait for, if it goes cell by cell and can wait.
    pub fn of(operation: &Rc<dyn Operation>, inputs: &[&Tensor], output: &Rc<Layout>) -> Option<Rc<Waiting>> {
        let cell = operation.fused()?;
        let cells = output.numel();
        if cells == 0 || cells > MOST_CELLS || inputs.iter().any(|input| input.dtype() != DType::Float32) {
            return None;
        }
        let mut work = Work { layout: output.clone(), leaves: Default::default(), steps: Default::default() };
        let mut operands = [None; 2];
        for (at, (place, input)) in operands.iter_mut().zip(inputs).enumerate() {
            *place = Some(work.take_in(input, inputs.len() - at - 1)?);
        }
        let last = Step { operation: operation.clone(), cell, operands };
        *work.steps.iter_mut().find(|step| step.is_none())? = Some(last);
        let depth = 1 + work.leaves().filter_map(|leaf| leaf.buffer.waiting()).map(|waiting| waiting.left()).max().unwrap_or(0);
        Some(Rc::new(Waiting { work: RefCell::new(Some(work)), result: OnceCell::new(), depth }))
    }

    /// How many are still to be done.
    fn left(&self) -> u8 {
        if self.result.get().is_some() { 0 } else { self.depth }
    }
}

impl Work {
    fn bytes(&self) -> u64 {
        (self.layout.numel() * DType::Float32.size()) as u64
    }

    fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().flatten()
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flatten()
    }

    /// What the input waits for, if there is room for it beside as many leaves that are still to come; else the input itself.
    fn take_in(&mut self, input: &Tensor, to_come: usize) -> Option<u8> {
        let buffer = input.buffer();
        if let Some(waiting) = buffer.waiting()
            && input.shape() == self.layout.shape
            && input.is_contiguous()
            && input.numel() == buffer.length
            && let Some(inner) = &*waiting.work.borrow()
            && let Some(place) = self.join(inner, to_come)
        {
            return Some(place);
        }
        self.leaf(Leaf { buffer, layout: input.shared_layout().clone() }, to_come)
    }

    fn join(&mut self, inner: &Work, to_come: usize) -> Option<u8> {
        let first = self.steps().count();
        let steps = inner.steps().count();
        if first + steps >= STEPS || inner.layout.shape != self.layout.shape {
            return None;
        }
        let known = self.leaves().count();
        let mut places = [0; LEAVES];
        for (place, leaf) in places.iter_mut().zip(inner.leaves()) {
            let Some(there) = self.leaf(leaf.clone(), to_come) else {
                self.leaves[known..].fill(None);
                return None;
            };
            *place = there;
        }
        for (room, step) in self.steps[first..].iter_mut().zip(inner.steps()) {
            let operands = step.operands.map(|place| place.map(|place| places.get(usize::from(place)).copied().unwrap_or(place + first as u8)));
            *room = Some(Step { operands, ..step.clone() });
        }
        Some((LEAVES + first + steps - 1) as u8)
    }

    fn leaf(&mut self, leaf: Leaf, to_come: usize) -> Option<u8> {
        let is_same = |other: &Leaf| Rc::ptr_eq(&other.buffer, &leaf.buffer) && other.layout == leaf.layout;
        let free = self.leaves().count();
        let place = self.leaves().position(is_same).or_else(|| (free + to_come < LEAVES).then_some(free))?;
        self.leaves[place] = Some(leaf);
        Some(place as u8)
    }

    /// Whether this is the call.
    fn is(&self, call: &Call, code: &Code) -> bool {
        call.output.shape == self.layout.shape
            && matches!(&call.task, Task::Fused(other) if other == code)
            && self.leaves().zip(&call.inputs).all(|(leaf, (_, layout))| *leaf.layout == *layout)
    }

    /// By which its kernel is found.
    fn code(&self) -> Code {
        self.steps.each_ref().map(|step| step.as_ref().map_or((0, [None; 2]), |step| (step.cell.as_ptr() as usize, step.operands)))
    }
}

/// The kernel: `shaders/fused.wgsl` with a function for each step, and what `main` does with them.
#[inline(never)]
fn shader(work: &Work) -> String {
    let (mut functions, mut steps, mut last) = (String::new(), String::new(), 0);
    for (number, Step { cell, operands, .. }) in work.steps().enumerate() {
        last = LEAVES + number;
        let [x, y] = operands.map(|place| place.unwrap_or(0));
        functions += &format!("fn step_{number}(x: f32, y: f32) -> f32 {{ return {cell}; }}\n");
        steps += &format!("let value_{last} = step_{number}(value_{x}, value_{y});\n");
    }
    let written = crate::shaders::FUSED.text().replace("output[cell] = value_0;", &format!("{steps}output[cell] = value_{last};"));
    written + &functions
}

/// What waits, and the kernels of what was done before.
#[derive(Debug, Default)]
pub struct Fusion {
    waiting: RefCell<VecDeque<Weak<Waiting>>>,
    kernels: RefCell<Vec<Kernel>>,
}

#[derive(Debug)]
struct Kernel {
    code: Code,
    /// How often such work was done since the program began.
    times: u32,
    pipeline: Option<wgpu::ComputePipeline>,
}

impl Fusion {
    /// A program begins: it computes the same whatever ran before it.
    pub fn forget(&self) {
        self.waiting.take();
        let mut kernels = self.kernels.borrow_mut();
        kernels.retain(|kernel| kernel.pipeline.is_some());
        kernels.iter_mut().for_each(|kernel| kernel.times = 0);
    }

    /// The pipeline of this work, if it was done often; `compile` makes it where there is none.
    fn pipeline(&self, code: Code, compile: impl FnOnce() -> Result<wgpu::ComputePipeline>) -> Result<Option<wgpu::ComputePipeline>> {
        let mut kernels = self.kernels.borrow_mut();
        let position = kernels.iter().position(|kernel| kernel.code == code).unwrap_or(kernels.len());
        if position == kernels.len() {
            kernels.push(Kernel { code, times: 0, pipeline: None });
        }
        let kernel = &mut kernels[position];
        kernel.times = kernel.times.saturating_add(1);
        if kernel.times <= OFTEN {
            return Ok(None);
        }
        if kernel.pipeline.is_none() {
            kernel.pipeline = Some(compile()?);
        }
        Ok(kernel.pipeline.clone())
    }
}

impl Gpu {
    /// Lets work wait. Unless somebody holds what it reads in any case, what has waited longest is done where too much does.
    ///
    /// # Errors
    /// As [`Gpu::allocate`].
    pub fn wait_with(&self, waiting: &Rc<Waiting>, is_held: bool) -> Result<()> {
        self.alive()?;
        if waiting.depth > MOST_DEEP {
            return self.computed(waiting).map(drop);
        }
        if is_held {
            return Ok(());
        }
        let mut all = self.fusion.waiting.borrow_mut();
        all.push_back(Rc::downgrade(waiting));
        let oldest = if all.len() > MOST_WAITING { all.pop_front() } else { None };
        drop(all);
        oldest.and_then(|oldest| oldest.upgrade()).map_or(Ok(()), |oldest| self.computed(&oldest).map(drop))
    }

    /// Does all that waits: a buffer that it reads is about to change.
    ///
    /// # Errors
    /// As [`Gpu::allocate`].
    pub fn wait_no_longer(&self) -> Result<()> {
        let all = self.fusion.waiting.take();
        all.iter().filter_map(Weak::upgrade).try_for_each(|waiting| self.computed(&waiting).map(drop))
    }

    /// What the work gives.
    ///
    /// # Errors
    /// As [`Gpu::allocate`].
    pub fn computed(&self, waiting: &Waiting) -> Result<GpuBuffer> {
        if let Some(result) = waiting.result.get() {
            return Ok(result.clone());
        }
        let held = waiting.work.borrow();
        let Some(work) = held.as_ref() else {
            return Err(crate::Error::Runtime("the values of this tensor were never computed".into()));
        };
        let leaves = work.leaves().map(|leaf| self.resident(&leaf.buffer)).collect::<Result<Vec<_>>>()?;
        let plan = if work.steps[1].is_some() { self.plan_of_all(work)? } else { None };
        let result = match plan {
            Some(plan) => {
                let target = self.allocate(work.bytes())?;
                self.record(&plan.starts, &leaves, &target)?;
                target
            }
            None => self.one_by_one(work, &leaves)?,
        };
        drop(held);
        let _ = waiting.result.set(result.clone());
        // What was read may be given back.
        waiting.work.take();
        Ok(result)
    }

    /// The plan that does all steps by one start, if there is a kernel for them.
    fn plan_of_all(&self, work: &Work) -> Result<Option<Rc<Plan>>> {
        let code = work.code();
        let key = Call::key(code[0].0, &work.layout.shape, work.leaves().map(|leaf| &*leaf.layout));
        if let Some(plan) = self.plans.find(key, |call| work.is(call, &code)) {
            return Ok(Some(plan));
        }
        let compile = || self.pipelines.compile(&self.device, "fused", &module(&self.device, "fused", shader(work)), "main", &[], LEAVES);
        let Some(pipeline) = self.fusion.pipeline(code, compile)? else { return Ok(None) };
        let shape = &work.layout.shape;
        let mut layouts: Vec<Layout> = work.leaves().filter_map(|leaf| leaf.layout.expand(shape)).collect();
        // A leaf that is not there is the first one, which the kernel does not look at again.
        let inputs = (0..LEAVES).map(|leaf| if leaf < layouts.len() { leaf } else { 0 }).collect();
        layouts.resize(LEAVES, layouts[0].clone());
        self.make_room(1);
        let slot = self.queue.slot(&parameters(shape, &layouts, [0, 0]))?;
        let start = Start { pipeline, inputs, slot, grid: grid(workgroups(work.layout.numel())) };
        let call = Call {
            task: Task::Fused(code),
            inputs: work.leaves().map(|leaf| (DType::Float32, (*leaf.layout).clone())).collect(),
            output: Spec::new(shape, DType::Float32),
        };
        Ok(Some(self.plans.keep(key, call, vec![Rc::new(start)])))
    }

    /// Each step by its operation's own kernel.
    fn one_by_one(&self, work: &Work, leaves: &[GpuBuffer]) -> Result<GpuBuffer> {
        let spec = Spec::new(&work.layout.shape, DType::Float32);
        let mut given: Vec<GpuBuffer> = Vec::new();
        for step in work.steps() {
            let (mut views, mut sources) = (Vec::with_capacity(2), Vec::with_capacity(2));
            for place in step.operands.iter().flatten().map(|&place| usize::from(place)) {
                let (layout, source) = match work.leaves.get(place) {
                    Some(leaf) => (leaf.as_ref().map_or(&work.layout, |leaf| &leaf.layout), leaves.get(place)),
                    None => (&work.layout, given.get(place - LEAVES)),
                };
                views.push((&spec, &**layout));
                sources.extend(source.cloned());
            }
            let target = self.allocate(work.bytes())?;
            self.run(&step.operation, &views, &spec, &sources, &target)?;
            given.push(target);
        }
        given.pop().ok_or_else(|| crate::Error::Runtime("there was nothing to compute".into()))
    }
}

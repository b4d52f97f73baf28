//! Runs operations on a device, checks their inputs, and records them.

mod in_order;
mod later;
mod make;
mod write;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::layout::numel;
use crate::ops::{Cost, Operation, Spec, View};
use crate::storage::{Buffer, Memory, Storage};
use crate::tape::{Entry, Tape};
use crate::{DType, Error, Layout, Result, Tensor, Values};

/// Where values are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    Cpu,
    WebGpu,
    /// Shapes and costs only, no values.
    Meta,
}

impl Device {
    pub fn name(self) -> &'static str {
        match self {
            Device::Cpu => "cpu",
            Device::WebGpu => "webgpu",
            Device::Meta => "meta",
        }
    }
}

/// Runs operations. One engine is one device, one memory account and at most one tape.
pub struct Engine {
    memory: Rc<Memory>,
    tape: RefCell<Option<Tape>>,
    attempt: RefCell<Option<Attempt>>,
    work: Cell<Cost>,
    /// Numbers that operations read, each made once.
    numbers: RefCell<Vec<Tensor>>,
    #[cfg(feature = "webgpu")]
    gpu: RefCell<Option<Rc<crate::gpu::Gpu>>>,
}

/// What an instruction has computed so far. If it must wait for values on the host, it is tried again from its start,
/// and is given the same results again: those that it waited for among them.
#[derive(Default)]
struct Attempt {
    /// Operations by name and what they gave, in order.
    results: Vec<(&'static str, Tensor)>,
    /// How many of them this try has been given.
    next: usize,
}

/// What an engine may hold unless it is told otherwise: what a browser tab bears on a small device.
pub const DEFAULT_MEMORY_LIMIT: u64 = 1 << 30;

impl Engine {
    /// An engine that computes on the CPU.
    pub fn cpu() -> Engine {
        Engine {
            memory: Memory::new(DEFAULT_MEMORY_LIMIT),
            tape: RefCell::new(None),
            attempt: RefCell::new(None),
            work: Cell::default(),
            numbers: RefCell::default(),
            #[cfg(feature = "webgpu")]
            gpu: RefCell::new(None),
        }
    }

    /// An engine that computes on this GPU.
    #[cfg(feature = "webgpu")]
    pub fn webgpu(gpu: Rc<crate::gpu::Gpu>) -> Engine {
        let engine = Engine::cpu();
        *engine.gpu.borrow_mut() = Some(gpu);
        engine
    }

    /// The device of new results: the GPU if there is one.
    pub fn device(&self) -> Device {
        #[cfg(feature = "webgpu")]
        if self.gpu.borrow().is_some() {
            return Device::WebGpu;
        }
        Device::Cpu
    }

    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What all operations so far cost, those on the meta device among them.
    pub fn work(&self) -> Cost {
        self.work.get()
    }

    /// Records every operation from here on, in place of what was recorded before.
    pub fn start_tape(&self, budget_bytes: u64) {
        *self.tape.borrow_mut() = Some(Tape::new(budget_bytes));
    }

    /// Ends the recording and hands it over.
    pub fn take_tape(&self) -> Option<Tape> {
        self.tape.borrow_mut().take()
    }

    /// Whether operations are still recorded.
    pub fn is_recording(&self) -> bool {
        self.tape.borrow().as_ref().is_some_and(|tape| !tape.is_full())
    }

    /// Looks at, or changes, the running tape.
    pub fn with_tape<R>(&self, look: impl FnOnce(&mut Tape) -> R) -> Option<R> {
        self.tape.borrow_mut().as_mut().map(look)
    }

    /// Runs an operation.
    ///
    /// # Errors
    /// What the operation's rule says of the inputs; `OutOfMemory`; `Pending` where values are needed on the host.
    pub fn run(&self, operation: impl Operation + 'static, inputs: &[&Tensor]) -> Result<Tensor> {
        self.apply(Rc::new(operation), inputs)
    }

    /// [`Engine::run`] for an operation that somebody else chose: a list of cases, a tape that is played again.
    pub fn apply(&self, operation: Rc<dyn Operation>, inputs: &[&Tensor]) -> Result<Tensor> {
        let specs: Vec<Spec> = inputs.iter().map(|t| Spec::new(t.shape(), t.dtype())).collect();
        let spec = operation.rule(&specs)?;
        numel(&spec.shape)?;
        let device = self.device_for(inputs, Some(spec.dtype));
        let checked = operation.checked_inputs(&specs);
        if device != Device::Meta && !checked.is_empty() {
            let checked: Vec<&Tensor> = checked.iter().filter_map(|&i| inputs.get(i).copied()).collect();
            operation.check(&specs, &self.values_of(&checked)?)?;
        }
        let name = operation.description().name;
        let given = self.given_again(name, &spec);
        if given.is_none() {
            self.work.set(self.work.get() + operation.cost(&specs, &spec));
        }
        let output = match (given, device) {
            (Some(output), _) => output,
            (None, Device::Meta) => self.meta(&spec.shape, spec.dtype)?,
            (None, Device::Cpu) => self.run_cpu(&*operation, inputs, &spec)?,
            (None, Device::WebGpu) => self.run_webgpu(&operation, inputs, &specs, &spec)?,
        };
        self.remember(name, &output);
        self.record(operation, inputs, &output);
        Ok(output)
    }

    /// A new instruction begins: nothing that the last one computed is given again.
    pub fn begin_instruction(&self) {
        if self.device() == Device::WebGpu {
            let mut attempt = self.attempt.borrow_mut();
            let attempt = attempt.get_or_insert_default();
            attempt.results.clear();
            attempt.next = 0;
        }
    }

    /// The instruction that got `Pending` is tried again from its start.
    pub fn retry_instruction(&self) {
        if let Some(attempt) = self.attempt.borrow_mut().as_mut() {
            attempt.next = 0;
        }
    }

    /// No instructions any more: results are not kept.
    pub fn end_instructions(&self) {
        *self.attempt.borrow_mut() = None;
    }

    /// The values of a tensor in row-major order, or `Pending` if they are still on the GPU.
    pub fn values(&self, tensor: &Tensor) -> Result<Values> {
        if tensor.device() == Device::Meta {
            return Err(without_values());
        }
        // A small storage may be expanded to more cells than there is room for.
        self.memory.check_room(scratch_bytes(tensor))?;
        tensor.buffer().widen()?;
        tensor.host_values().ok_or_else(|| Error::Pending(vec![tensor.clone()]))
    }

    /// The values of several tensors, or one `Pending` that names all that are missing.
    pub fn values_of(&self, tensors: &[&Tensor]) -> Result<Vec<Values>> {
        let missing: Vec<Tensor> = tensors
            .iter()
            .filter(|t| t.device() == Device::WebGpu && t.buffer().host().is_none())
            .map(|t| (*t).clone())
            .collect();
        if !missing.is_empty() {
            return Err(Error::Pending(missing));
        }
        tensors.iter().map(|t| self.values(t)).collect()
    }

    /// Brings the values of a tensor to the host, so that [`Engine::values`] has them.
    pub async fn read(&self, tensor: &Tensor) -> Result<()> {
        let buffer = tensor.buffer();
        if buffer.host().is_some() || buffer.device != Device::WebGpu {
            return Ok(());
        }
        #[cfg(feature = "webgpu")]
        {
            let gpu = self.gpu.borrow().clone();
            if let Some(gpu) = gpu.filter(|_| buffer.is_on_gpu()) {
                let bytes = gpu.read(&gpu.resident(&buffer)?, buffer.bytes()).await?;
                let mut values = Values::from_bytes(buffer.dtype, &bytes);
                values.truncate(buffer.length);
                // Two reads of one buffer may have been under way; they bring the same values.
                let _ = buffer.host.set(values);
                return Ok(());
            }
        }
        Err(Error::DeviceLost("the values were on a GPU device that is gone".into()))
    }

    /// Begins to compute the tensor's values, if that waits until somebody asks for them.
    ///
    /// # Errors
    /// `OutOfMemory`; `DeviceLost`.
    pub fn settle(&self, tensor: &Tensor) -> Result<()> {
        let buffer = tensor.buffer();
        buffer.widen()?;
        #[cfg(feature = "webgpu")]
        if buffer.waiting().is_some() {
            self.gpu()?.resident(&buffer)?;
        }
        Ok(())
    }

    /// Waits until the tensor's values are there, wherever that is.
    #[cfg_attr(not(feature = "webgpu"), allow(unused_variables, reason = "only the GPU is waited for"))]
    pub async fn finish(&self, tensor: &Tensor) -> Result<()> {
        #[cfg(feature = "webgpu")]
        {
            let gpu = self.gpu.borrow().clone();
            let buffer = tensor.buffer();
            if let Some(gpu) = gpu.filter(|_| buffer.is_on_gpu()) {
                gpu.read(&gpu.resident(&buffer)?, 4).await?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "webgpu")]
    fn gpu(&self) -> Result<Rc<crate::gpu::Gpu>> {
        self.gpu.borrow().clone().ok_or_else(|| Error::DeviceLost("there is no GPU device".into()))
    }

    fn run_cpu(&self, operation: &dyn Operation, inputs: &[&Tensor], spec: &Spec) -> Result<Tensor> {
        if let Some(buffer) = later::widened(operation, inputs, spec)? {
            return Ok(Tensor::new(Layout::contiguous(&spec.shape), Storage::new(Rc::new(buffer))));
        }
        let mut held = Vec::with_capacity(inputs.len());
        for (number, input) in inputs.iter().enumerate() {
            let (mut buffer, mut layout) = (input.buffer(), Cow::Borrowed(input.layout()));
            let narrow = buffer.narrow().filter(|_| operation.widens(number, &layout, spec));
            match &narrow {
                Some(narrow) => {
                    layout.to_mut().offset += narrow.first;
                    buffer = narrow.cells.clone();
                }
                None => buffer.widen()?,
            }
            held.push((buffer, layout, narrow));
        }
        let missing: Vec<Tensor> =
            held.iter().zip(inputs).filter(|((buffer, ..), _)| buffer.host().is_none()).map(|(_, &t)| t.clone()).collect();
        if !missing.is_empty() {
            return Err(Error::Pending(missing));
        }
        let buffer = Buffer::reserve(&self.memory, Device::Cpu, spec.dtype, spec.numel())?;
        self.memory.check_room(inputs.iter().map(|t| scratch_bytes(t)).sum())?;
        let views: Vec<View<'_>> = held
            .iter()
            .filter_map(|(buffer, layout, narrow)| Some(View { values: buffer.host()?, layout, scales: narrow.as_ref().and_then(|narrow| narrow.scales()) }))
            .collect();
        let values = operation.cpu(&views, spec)?;
        let _ = buffer.host.set(values);
        Ok(Tensor::new(Layout::contiguous(&spec.shape), Storage::new(Rc::new(buffer))))
    }

    #[cfg(feature = "webgpu")]
    fn run_webgpu(&self, operation: &Rc<dyn Operation>, inputs: &[&Tensor], specs: &[Spec], spec: &Spec) -> Result<Tensor> {
        if operation.fused().is_some() && spec.dtype == DType::Float32 {
            let layout = Rc::new(Layout::contiguous(&spec.shape));
            if let Some(waiting) = crate::gpu::Waiting::of(operation, inputs, &layout) {
                // A tape holds what is read in any case.
                self.gpu()?.wait_with(&waiting, self.is_recording())?;
                let buffer = Buffer::of_waiting(&self.memory, waiting, spec.numel())?;
                return Ok(Tensor::new(layout, Storage::new(Rc::new(buffer))));
            }
        }
        let written = operation.shader_output(spec);
        if written == spec.dtype {
            return self.run_shader(operation, inputs, specs, spec);
        }
        let wide = Spec { shape: spec.shape.clone(), dtype: written };
        let result = self.run_shader(operation, inputs, specs, &wide)?;
        self.copy_by_shader(&result, &wide, spec)
    }

    #[cfg(feature = "webgpu")]
    fn copy_by_shader(&self, tensor: &Tensor, spec: &Spec, to: &Spec) -> Result<Tensor> {
        let copy: Rc<dyn Operation> = Rc::new(crate::ops::copy::Copy { dtype: to.dtype });
        self.run_shader(&copy, &[tensor], std::slice::from_ref(spec), to)
    }

    #[cfg(feature = "webgpu")]
    fn run_shader(&self, operation: &Rc<dyn Operation>, inputs: &[&Tensor], specs: &[Spec], spec: &Spec) -> Result<Tensor> {
        let gpu = self.gpu()?;
        let buffer = Buffer::reserve(&self.memory, Device::WebGpu, spec.dtype, spec.numel())?;
        let mut copies: Vec<Option<Tensor>> = Vec::with_capacity(inputs.len());
        for (tensor, spec) in inputs.iter().zip(specs) {
            let is_plain = tensor.is_contiguous() && tensor.layout().offset == 0;
            copies.push(if operation.accepts_strides() || is_plain {
                None
            } else {
                Some(self.copy_by_shader(tensor, spec, spec)?)
            });
        }
        let ready: Vec<&Tensor> = inputs.iter().zip(&copies).map(|(&input, copy)| copy.as_ref().unwrap_or(input)).collect();
        let layouts: Vec<(&Spec, &Layout)> = specs.iter().zip(ready.iter().map(|t| t.layout())).collect();
        let held: Vec<Rc<Buffer>> = ready.iter().map(|t| t.buffer()).collect();
        let sources = held.iter().map(|b| gpu.resident(b)).collect::<Result<Vec<_>>>()?;
        let target = gpu.allocate(buffer.bytes())?;
        if spec.numel() > 0 {
            gpu.run(operation, &layouts, spec, &sources, &target)?;
        }
        let _ = buffer.gpu.set(target);
        if spec.numel() == 0 {
            let _ = buffer.host.set(Values::zeros(spec.dtype, 0));
        }
        Ok(Tensor::new(Layout::contiguous(&spec.shape), Storage::new(Rc::new(buffer))))
    }

    #[cfg(not(feature = "webgpu"))]
    fn run_webgpu(&self, _: &Rc<dyn Operation>, _: &[&Tensor], _: &[Spec], _: &Spec) -> Result<Tensor> {
        Err(Error::DeviceLost("this build has no GPU device".into()))
    }

    /// What this operation gave in an earlier try of the same instruction.
    fn given_again(&self, name: &str, spec: &Spec) -> Option<Tensor> {
        let attempt = self.attempt.borrow();
        let attempt = attempt.as_ref()?;
        let (operation, output) = attempt.results.get(attempt.next)?;
        let same = *operation == name && output.shape() == spec.shape && output.dtype() == spec.dtype;
        same.then(|| output.snapshot())
    }

    fn remember(&self, name: &'static str, output: &Tensor) {
        if let Some(attempt) = self.attempt.borrow_mut().as_mut() {
            let given = attempt.results.get(attempt.next).is_some_and(|(_, kept)| Rc::ptr_eq(&kept.buffer(), &output.buffer()));
            if !given {
                attempt.results.truncate(attempt.next);
                // The caller may write into its tensor: what is kept must not change.
                attempt.results.push((name, output.snapshot()));
            }
            attempt.next += 1;
        }
    }

    fn record(&self, operation: Rc<dyn Operation>, inputs: &[&Tensor], output: &Tensor) {
        if let Some(tape) = self.tape.borrow_mut().as_mut() {
            let inputs = inputs.iter().map(|t| t.snapshot()).collect();
            tape.record(Entry { operation, inputs, output: output.snapshot() });
        }
    }

    /// Meta if any input is; the CPU for float64, which WGSL does not have; else the engine's device.
    fn device_for(&self, inputs: &[&Tensor], output: Option<DType>) -> Device {
        if inputs.iter().any(|t| t.device() == Device::Meta) {
            return Device::Meta;
        }
        let wide = inputs.iter().any(|t| t.dtype() == DType::Float64) || output == Some(DType::Float64);
        if wide { Device::Cpu } else { self.device() }
    }
}

fn without_values() -> Error {
    Error::NotImplemented("Cannot copy out of meta tensor; no data!".into())
}

/// What a kernel on the CPU may need to hold an input in row-major order in the type that it computes in:
/// nothing where it lies so already, else eight bytes a cell at most.
fn scratch_bytes(input: &Tensor) -> u64 {
    let borrowed = input.is_contiguous() && matches!(input.dtype(), DType::Float32 | DType::Float64 | DType::Int64);
    if borrowed { 0 } else { (input.numel() as u64).saturating_mul(8) }
}

//! Dispatches, recorded one by one and submitted together, and the way of bytes to and from the device.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::GpuBuffer;
use super::keyed::{Keyed, mixed};
use super::pipeline::MAX_INPUTS;
use super::plans::Start;
use crate::{Error, Result};

/// One parameter block: the alignment that WebGPU promises for dynamic offsets.
pub const SLOT_BYTES: u64 = 256;

/// The words of a parameter block.
const BLOCK: usize = SLOT_BYTES as usize / size_of::<u32>();

/// How many dispatches are recorded before they are submitted: a decode step of small models whole, since each
/// submission costs as much as many dispatches.
const DISPATCHES: usize = 512;
/// How many workgroups are, so that the GPU starts soon on large operations, and none waits long for its turn.
const MUCH_WORK: usize = 1 << 13;
/// How many bind groups are remembered: those of the longest steps. They hold the buffers that they name.
const GROUPS: usize = 4096;

/// The device's queue, what is recorded for it, and the parameter blocks.
pub struct Queue {
    queue: wgpu::Queue,
    recorded: RefCell<Vec<Recorded>>,
    blocks: RefCell<Blocks>,
    workgroups: Cell<usize>,
    /// A step that repeats finds those of the step before.
    groups: RefCell<Keyed<Group>>,
}

/// The numbers of the buffers that a group binds: the output's, those of the inputs, then zeros.
type Bound = [u64; MAX_INPUTS + 1];

struct Group {
    bound: Bound,
    bindings: wgpu::BindGroup,
}

struct Recorded {
    start: Rc<Start>,
    group: Rc<Group>,
}

/// Parameter blocks, each in a slot of its own. The layers of a model have most of them in common, and so has the next step.
struct Blocks {
    buffer: wgpu::Buffer,
    /// Slot by slot, with zeros behind the parameters.
    blocks: Vec<[u32; BLOCK]>,
    /// How many the GPU has been told.
    told: usize,
}

impl Blocks {
    /// As many as the dispatches of one submission, which may all be different.
    const SLOTS: usize = DISPATCHES;

    fn new(device: &wgpu::Device) -> Blocks {
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("parameters"),
            size: SLOT_BYTES * Blocks::SLOTS as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Blocks { buffer, blocks: Vec::new(), told: 0 }
    }

    /// The slot of these parameters; the caller has made sure that there is room for one more.
    fn slot(&mut self, parameters: &[u32]) -> u32 {
        let mut block = [0; BLOCK];
        block[..parameters.len()].copy_from_slice(parameters);
        let slot = self.blocks.iter().position(|other| *other == block).unwrap_or(self.blocks.len());
        if slot == self.blocks.len() {
            self.blocks.push(block);
        }
        slot as u32
    }

    fn tell(&mut self, queue: &wgpu::Queue) {
        let new = &self.blocks[self.told..];
        if !new.is_empty() {
            queue.write_buffer(&self.buffer, self.told as u64 * SLOT_BYTES, bytemuck::cast_slice(new));
            self.told = self.blocks.len();
        }
    }

    /// What is submitted has read its blocks before the queue writes others.
    fn clear(&mut self) {
        (self.blocks, self.told) = Default::default();
    }
}

impl Queue {
    pub fn new(device: &wgpu::Device, queue: wgpu::Queue) -> Queue {
        Queue {
            queue,
            recorded: RefCell::default(),
            blocks: RefCell::new(Blocks::new(device)),
            workgroups: Cell::new(0),
            groups: RefCell::default(),
        }
    }

    /// How many dispatches are recorded and not submitted.
    pub fn recorded(&self) -> usize {
        self.recorded.borrow().len()
    }

    pub fn is_full(&self) -> bool {
        self.recorded() >= DISPATCHES || self.workgroups.get() >= MUCH_WORK
    }

    /// Whether there is room for so many parameter blocks more.
    pub fn has_room(&self, blocks: usize) -> bool {
        self.blocks.borrow().blocks.len() + blocks <= Blocks::SLOTS
    }

    /// Where a kernel finds these parameters; the caller has made sure that there is room.
    pub fn slot(&self, parameters: &[u32]) -> Result<u32> {
        if parameters.len() > BLOCK {
            return Err(Error::Runtime(format!("an operation has {} parameters; there is room for {BLOCK}", parameters.len())));
        }
        Ok(self.blocks.borrow_mut().slot(parameters))
    }

    /// All blocks are free again; nothing that is recorded names one.
    pub fn forget_blocks(&self) {
        self.blocks.borrow_mut().clear();
    }

    /// Forgets what names these buffers, which nobody will use again.
    pub fn forget_groups(&self, gone: &[u64]) {
        if !gone.is_empty() {
            self.groups.borrow_mut().retain(|group| group.bound.iter().all(|id| !gone.contains(id)));
        }
    }

    /// Remembers a dispatch; the caller has made sure that there is room.
    pub fn record(&self, device: &wgpu::Device, layout: &wgpu::BindGroupLayout, start: &Rc<Start>, sources: &[GpuBuffer], target: &GpuBuffer) {
        let group = self.group(device, layout, &start.inputs, sources, target);
        self.workgroups.set(self.workgroups.get() + (start.grid.0 * start.grid.1) as usize);
        self.recorded.borrow_mut().push(Recorded { start: start.clone(), group });
    }

    /// Lets go of what the steps of a program have in common: the next program has others.
    pub fn forget_steps(&self) {
        self.groups.take();
        if self.recorded.borrow().is_empty() {
            self.forget_blocks();
        }
    }

    /// Drops what is recorded.
    pub fn forget(&self) {
        self.recorded.borrow_mut().clear();
        self.workgroups.set(0);
    }

    /// What binds these sources, by their numbers, and the target.
    fn group(
        &self,
        device: &wgpu::Device,
        layout: &wgpu::BindGroupLayout,
        inputs: &[usize],
        sources: &[GpuBuffer],
        target: &GpuBuffer,
    ) -> Rc<Group> {
        let bound_sources = || inputs.iter().filter_map(|&input| sources.get(input));
        let mut bound = Bound::default();
        bound[0] = target.id();
        bound[1..].iter_mut().zip(bound_sources()).for_each(|(id, source)| *id = source.id());
        let key = bound.iter().fold(0, |key, &id| mixed(key, id));
        if let Some(group) = self.groups.borrow().find(key, |group| group.bound == bound) {
            return group.clone();
        }
        let block = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.blocks.borrow().buffer,
            offset: 0,
            size: std::num::NonZeroU64::new(SLOT_BYTES),
        });
        let entries: Vec<wgpu::BindGroupEntry<'_>> = std::iter::once(block)
            .chain(bound_sources().chain([target]).map(GpuBuffer::binding))
            .enumerate()
            .map(|(binding, resource)| wgpu::BindGroupEntry { binding: binding as u32, resource })
            .collect();
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries });
        self.groups.borrow_mut().keep(key, Group { bound, bindings }, GROUPS)
    }

    /// Hands everything recorded to the GPU, then a copy from one buffer to another if one is asked for.
    pub fn submit(&self, device: &wgpu::Device, copy: Option<(&GpuBuffer, &wgpu::Buffer)>) {
        let (mut recorded, mut blocks) = (self.recorded.borrow_mut(), self.blocks.borrow_mut());
        if recorded.is_empty() && copy.is_none() {
            return;
        }
        blocks.tell(&self.queue);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for Recorded { start, group } in recorded.iter() {
                pass.set_pipeline(&start.pipeline);
                pass.set_bind_group(0, &group.bindings, &[start.slot * SLOT_BYTES as u32]);
                pass.dispatch_workgroups(start.grid.0, start.grid.1, 1);
            }
        }
        if let Some((source, target)) = copy {
            encoder.copy_buffer_to_buffer(source.buffer(), 0, target, 0, target.size());
        }
        self.queue.submit([encoder.finish()]);
        recorded.clear();
        self.workgroups.set(0);
    }

    /// Writes bytes at an offset, a multiple of 4, of a buffer that no recorded dispatch names.
    /// The last word is padded with zeros.
    pub fn upload(&self, target: &GpuBuffer, offset: u64, bytes: &[u8]) {
        let (words, rest) = bytes.split_at(bytes.len() & !3);
        if !words.is_empty() {
            self.queue.write_buffer(target.buffer(), offset, words);
        }
        if !rest.is_empty() {
            let mut last = [0; 4];
            last[..rest.len()].copy_from_slice(rest);
            self.queue.write_buffer(target.buffer(), offset + words.len() as u64, &last);
        }
    }
}

/// Waits until the host may read the buffer; false if the device refused.
pub async fn map(device: &wgpu::Device, buffer: &wgpu::Buffer) -> bool {
    let mapping = Mapping::default();
    let answer = mapping.answer.clone();
    buffer.map_async(wgpu::MapMode::Read, .., move |result| {
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.mapped = Some(result.is_ok());
        if let Some(waker) = answer.waker.take() {
            waker.wake();
        }
    });
    // Natively somebody must wait for the GPU; in a browser this does nothing and the event loop answers.
    if device.poll(wgpu::PollType::wait_indefinitely()).is_err() {
        return false;
    }
    mapping.await
}

/// The answer to `map_async`, as a future.
#[derive(Default)]
struct Mapping {
    answer: Arc<Mutex<Answer>>,
}

#[derive(Default)]
struct Answer {
    mapped: Option<bool>,
    waker: Option<Waker>,
}

impl Future for Mapping {
    type Output = bool;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        match answer.mapped {
            Some(mapped) => Poll::Ready(mapped),
            None => {
                answer.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

//! Compiled shaders, each made once.

use std::cell::{OnceCell, RefCell};

use super::queue::SLOT_BYTES;
use crate::ops::{Description, Dispatch};
use crate::{Error, Result};

/// The most inputs that a shader binds: WebGPU promises eight storage buffers, and one is the output.
pub const MAX_INPUTS: usize = 7;

/// Modules and pipelines by operation, binding layouts by number of inputs.
pub struct Pipelines {
    layouts: Vec<Layout>,
    kernels: RefCell<Vec<Kernels>>,
}

/// Binding 0 is the parameter block, bindings 1 to n are the inputs, binding n + 1 is the output.
struct Layout {
    bindings: wgpu::BindGroupLayout,
    pipeline: OnceCell<wgpu::PipelineLayout>,
}

/// The shader of an operation, and its pipelines.
struct Kernels {
    operation: &'static Description,
    module: wgpu::ShaderModule,
    compiled: Vec<Compiled>,
}

impl Kernels {
    fn new(device: &wgpu::Device, operation: &'static Description) -> Kernels {
        Kernels { operation, module: module(device, operation.name, operation.shader.text()), compiled: Vec::new() }
    }
}

/// A pipeline, and the dispatches of its operation that it is for.
struct Compiled {
    entry: &'static str,
    constants: Vec<(&'static str, f64)>,
    inputs: usize,
    pipeline: wgpu::ComputePipeline,
}

impl Compiled {
    fn is_for(&self, dispatch: &Dispatch, inputs: usize) -> bool {
        let pairs = || self.constants.iter().zip(&dispatch.constants);
        // Numbers first: they tell most of them apart, and names take longer.
        self.inputs == inputs
            && self.constants.len() == dispatch.constants.len()
            && pairs().all(|(a, b)| a.1.to_bits() == b.1.to_bits())
            && self.entry == dispatch.entry
            && pairs().all(|(a, b)| a.0 == b.0)
    }
}

impl Pipelines {
    pub fn new(device: &wgpu::Device) -> Pipelines {
        Pipelines {
            layouts: (0..=MAX_INPUTS)
                .map(|inputs| Layout { bindings: bindings(device, inputs), pipeline: OnceCell::new() })
                .collect(),
            kernels: RefCell::default(),
        }
    }

    /// The binding layout of shaders with this many inputs.
    pub fn layout(&self, inputs: usize) -> Result<&wgpu::BindGroupLayout> {
        Ok(&self.slot(inputs)?.bindings)
    }

    /// The pipeline of this dispatch, compiled if it is the first of its kind.
    pub fn get(&self, device: &wgpu::Device, operation: &'static Description, dispatch: &Dispatch, inputs: usize) -> Result<wgpu::ComputePipeline> {
        let mut kernels = self.kernels.borrow_mut();
        let position = kernels.iter().position(|those| std::ptr::eq(those.operation, operation)).unwrap_or_else(|| {
            kernels.push(Kernels::new(device, operation));
            kernels.len() - 1
        });
        let Kernels { module, compiled, .. } = &mut kernels[position];
        if let Some(found) = compiled.iter().find(|compiled| compiled.is_for(dispatch, inputs)) {
            return Ok(found.pipeline.clone());
        }
        let pipeline = self.compile(device, operation.name, module, dispatch.entry, &dispatch.constants, inputs)?;
        compiled.push(Compiled {
            entry: dispatch.entry,
            constants: dispatch.constants.clone(),
            inputs,
            pipeline: pipeline.clone(),
        });
        Ok(pipeline)
    }

    /// A pipeline that is kept elsewhere.
    pub fn compile(
        &self,
        device: &wgpu::Device,
        name: &str,
        module: &wgpu::ShaderModule,
        entry: &str,
        constants: &[(&str, f64)],
        inputs: usize,
    ) -> Result<wgpu::ComputePipeline> {
        let slot = self.slot(inputs)?;
        let layout = slot.pipeline.get_or_init(|| {
            device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                bind_group_layouts: &[Some(&slot.bindings)],
                ..Default::default()
            })
        });
        Ok(device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(name),
            layout: Some(layout),
            module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
            cache: None,
        }))
    }

    fn slot(&self, inputs: usize) -> Result<&Layout> {
        self.layouts
            .get(inputs)
            .ok_or_else(|| Error::Runtime(format!("a shader binds at most {MAX_INPUTS} inputs, not {inputs}")))
    }
}

pub fn module(device: &wgpu::Device, name: &str, text: String) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(name), source: wgpu::ShaderSource::Wgsl(text.into()) })
}

fn bindings(device: &wgpu::Device, inputs: usize) -> wgpu::BindGroupLayout {
    let entry = |binding: usize, ty: wgpu::BindingType| wgpu::BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty,
        count: None,
    };
    let storage = |read_only: bool| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Storage { read_only },
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    let parameters = wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: true,
        min_binding_size: std::num::NonZeroU64::new(SLOT_BYTES),
    };
    let mut entries = vec![entry(0, parameters)];
    entries.extend((1..=inputs).map(|binding| entry(binding, storage(true))));
    entries.push(entry(inputs + 1, storage(false)));
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

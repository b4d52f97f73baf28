//! Compiled shaders, each made once.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use super::queue::SLOT_BYTES;
use crate::ops::{Description, Dispatch};
use crate::{Error, Result};

/// The most inputs that a shader binds: WebGPU promises eight storage buffers, and one is the output.
const MAX_INPUTS: usize = 7;

/// Modules by operation, pipelines by operation, entry point and constants, binding layouts by number of inputs.
pub struct Pipelines {
    layouts: Vec<Layout>,
    modules: RefCell<HashMap<&'static str, wgpu::ShaderModule>>,
    pipelines: RefCell<HashMap<Key, wgpu::ComputePipeline>>,
}

/// Binding 0 is the parameter block, bindings 1 to n are the inputs, binding n + 1 is the output.
struct Layout {
    bindings: wgpu::BindGroupLayout,
    pipeline: OnceCell<wgpu::PipelineLayout>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    operation: &'static str,
    entry: &'static str,
    /// Names and the bits of the values.
    constants: Vec<(&'static str, u64)>,
    inputs: usize,
}

impl Pipelines {
    pub fn new(device: &wgpu::Device) -> Pipelines {
        Pipelines {
            layouts: (0..=MAX_INPUTS)
                .map(|inputs| Layout { bindings: bindings(device, inputs), pipeline: OnceCell::new() })
                .collect(),
            modules: RefCell::default(),
            pipelines: RefCell::default(),
        }
    }

    /// The binding layout of shaders with this many inputs.
    pub fn layout(&self, inputs: usize) -> Result<&wgpu::BindGroupLayout> {
        Ok(&self.slot(inputs)?.bindings)
    }

    /// The pipeline of this dispatch, compiled if it is the first of its kind.
    pub fn get(&self, device: &wgpu::Device, operation: &'static Description, dispatch: &Dispatch, inputs: usize) -> Result<wgpu::ComputePipeline> {
        let key = Key {
            operation: operation.name,
            entry: dispatch.entry,
            constants: dispatch.constants.iter().map(|&(name, value)| (name, value.to_bits())).collect(),
            inputs,
        };
        if let Some(pipeline) = self.pipelines.borrow().get(&key) {
            return Ok(pipeline.clone());
        }
        let slot = self.slot(inputs)?;
        let layout = slot.pipeline.get_or_init(|| {
            device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                bind_group_layouts: &[Some(&slot.bindings)],
                ..Default::default()
            })
        });
        let module = self.module(device, operation);
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(operation.name),
            layout: Some(layout),
            module: &module,
            entry_point: Some(dispatch.entry),
            compilation_options: wgpu::PipelineCompilationOptions { constants: &dispatch.constants, ..Default::default() },
            cache: None,
        });
        self.pipelines.borrow_mut().insert(key, pipeline.clone());
        Ok(pipeline)
    }

    fn slot(&self, inputs: usize) -> Result<&Layout> {
        self.layouts
            .get(inputs)
            .ok_or_else(|| Error::Runtime(format!("a shader binds at most {MAX_INPUTS} inputs, not {inputs}")))
    }

    fn module(&self, device: &wgpu::Device, operation: &'static Description) -> wgpu::ShaderModule {
        let mut modules = self.modules.borrow_mut();
        let module = modules.entry(operation.name).or_insert_with(|| {
            device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(operation.name),
                source: wgpu::ShaderSource::Wgsl(operation.shader.concat().into()),
            })
        });
        module.clone()
    }
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

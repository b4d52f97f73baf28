//! `cargo xtask bench --native`: the same shaders through Vulkan, as parts of what this GPU was measured to do.
//!
//! For machines with a real GPU. The peak and the bandwidth are measured first, by shaders that do nothing else.

#![allow(clippy::unwrap_used, reason = "a measurement that fails says so by panicking")]

use std::time::Instant;

use pollster::block_on;
use tensor::gpu::Gpu;
use tensor::ops::Operation;
use tensor::ops::matmul::MatMul;
use tensor::ops::scaled_dot_product_attention::Attention;
use tensor::{DType, Engine, Tensor, Values, timing};

/// Of `src/peak.wgsl`, of which more invocations run than in a browser: a large GPU has more lanes than that.
const INVOCATIONS: u64 = 1 << 20;
const FLOPS: f64 = INVOCATIONS as f64 * (64 * 2 * 4 * 4 * 2) as f64;
const COPIED: u64 = 128 << 20;
/// The least time that is measured, and how often; the best counts.
const ENOUGH: f64 = 0.02;
const SAMPLES: usize = 5;

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    let (peak, bandwidth) = block_on(limits());
    let gpu = block_on(Gpu::open()).unwrap();
    println!("{}", gpu.adapter());
    println!("at most {:.0} GFLOP/s and {:.0} GB/s, read and written\n", peak / 1e9, bandwidth / 1e9);
    println!("{:<40}{:>12}{:>14}{:>20}", "operation", "time", "rate", "of what is possible");
    let engine = Engine::webgpu(gpu);
    let matrix = |rows, columns, dtype| numbers(&engine, &[rows, columns], dtype);
    let sizes: &[usize] = if quick { &[512] } else { &[512, 1024, 2048, 4096] };
    for &n in sizes {
        let (a, b) = (matrix(n, n, DType::Float32), matrix(n, n, DType::Float32));
        computes(&format!("matrix product {n}³, float32"), 2.0 * (n as f64).powi(3), peak, measure(&engine, MatMul, &[&a, &b]));
    }
    for &t in if quick { &[512][..] } else { &[512, 2048, 4096] } {
        let heads = || numbers(&engine, &[1, 8, t, 64], DType::Float32);
        let (q, k, v) = (heads(), heads(), heads());
        let attention = Attention { scale: 0.125, causal: true, window: None };
        let flops = 4.0 * 8.0 * 64.0 * (t * (t + 1) / 2) as f64;
        computes(&format!("causal attention T={t}, H=8, D=64"), flops, peak, measure(&engine, attention, &[&q, &k, &v]));
    }
    for (dtype, name, bytes) in [(DType::Float32, "float32", 4), (DType::BFloat16, "bfloat16", 2)] {
        let (x, weight) = (matrix(1, 4096, dtype), matrix(4096, 4096, dtype));
        let seconds = measure(&engine, MatMul, &[&x, &weight]);
        moves(&format!("matrix-vector 4096², {name}"), (4096 * 4096 * bytes) as f64, bandwidth, seconds);
    }
}

fn numbers(engine: &Engine, shape: &[usize], dtype: DType) -> Tensor {
    let count: usize = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|at| (at * 37 % 101) as f64 / 101.0 - 0.5).collect();
    engine.tensor(Values::from_f64(dtype, &values), shape).unwrap()
}

/// Seconds of one run, as the page measures an operation.
fn measure(engine: &Engine, operation: impl Operation + 'static, inputs: &[&Tensor]) -> f64 {
    engine.start_tape(4 << 30);
    let output = engine.run(operation, inputs).unwrap();
    let tape = engine.take_tape().unwrap();
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64() * 1e3;
    let entry = tape.maker(output.buffer().id).unwrap();
    let samples = (0..=SAMPLES).map(|_| block_on(timing::of_operation(engine, entry, &clock)).unwrap() / 1e6);
    samples.skip(1).fold(f64::INFINITY, f64::min)
}

fn computes(what: &str, flops: f64, peak: f64, seconds: f64) {
    line(what, seconds, &format!("{:.1} GFLOP/s", flops / seconds / 1e9), flops / seconds / peak);
}

fn moves(what: &str, bytes: f64, bandwidth: f64, seconds: f64) {
    line(what, seconds, &format!("{:.1} GB/s", bytes / seconds / 1e9), bytes / seconds / bandwidth);
}

fn line(what: &str, seconds: f64, rate: &str, part: f64) {
    println!("{what:<40}{:>9.3} ms{rate:>14}{:>18.1} %", seconds * 1e3, part * 100.0);
}

/// The flops and the bytes a second that this GPU was seen to reach.
async fn limits() -> (f64, f64) {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let options = wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    let adapter = instance.request_adapter(&options).await.unwrap();
    let (device, queue) = adapter.request_device(&wgpu::DeviceDescriptor::default()).await.unwrap();
    let buffer = |size, usage| device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
    let [from, to] = [wgpu::BufferUsages::COPY_SRC, wgpu::BufferUsages::COPY_DST].map(|usage| buffer(COPIED, usage));
    let copy = seconds(&device, &queue, |encoder| encoder.copy_buffer_to_buffer(&from, 0, &to, 0, COPIED));

    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(include_str!("src/peak.wgsl").into()) });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let sums = buffer(INVOCATIONS * 16, wgpu::BufferUsages::STORAGE);
    let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: None,
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[wgpu::BindGroupEntry { binding: 0, resource: sums.as_entire_binding() }],
    });
    let compute = seconds(&device, &queue, |encoder| {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &bindings, &[]);
        pass.dispatch_workgroups((INVOCATIONS / 64) as u32, 1, 1);
    });
    (FLOPS / compute, 2.0 * COPIED as f64 / copy)
}

/// Seconds of one of what is recorded: as many are submitted together as take long enough.
fn seconds(device: &wgpu::Device, queue: &wgpu::Queue, record: impl Fn(&mut wgpu::CommandEncoder)) -> f64 {
    let run = |count: u32| {
        let started = Instant::now();
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        (0..count).for_each(|_| record(&mut encoder));
        queue.submit([encoder.finish()]);
        device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
        started.elapsed().as_secs_f64()
    };
    let mut count = 1;
    while run(count) < ENOUGH && count < 1024 {
        count *= 2;
    }
    (0..SAMPLES).map(|_| run(count) / f64::from(count)).fold(f64::INFINITY, f64::min)
}

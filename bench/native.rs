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

/// Of `src/peak.wgsl`, of which more invocations and turns run than in a browser: a large GPU has more lanes than that,
/// and the start of a dispatch should not count.
const INVOCATIONS: u64 = 1 << 20;
const TURNS: u64 = 256;
const FLOPS: f64 = (INVOCATIONS * TURNS * 4 * 8 * 4 * 2) as f64;
/// More than any cache holds, where the device has buffers as large.
const MOVED: u64 = 1 << 30;
/// The least time that is measured, and how often; the best counts.
const ENOUGH: f64 = 0.02;
const SAMPLES: usize = 5;

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    let Limits { peak, copied, read, dispatch } = block_on(limits(quick));
    let bandwidth = copied.max(read);
    let gpu = block_on(Gpu::open()).unwrap();
    println!("{}", gpu.adapter());
    println!("at most {:.0} GFLOP/s; {:.0} GB/s copied, counting both ways, {:.0} GB/s read", peak / 1e9, copied / 1e9, read / 1e9);
    println!("{:.1} µs from a dispatch that does nothing to the next, which waits for it\n", dispatch * 1e6);
    println!("{:<44}{:>12}{:>17}{:>20}", "operation", "time", "rate", "of what is possible");
    let engine = Engine::webgpu(gpu);
    let matrix = |rows, columns, dtype| numbers(&engine, &[rows, columns], dtype);
    let sizes: &[usize] = if quick { &[512] } else { &[512, 1024, 2048, 4096] };
    for &n in sizes {
        let (a, b) = (matrix(n, n, DType::Float32), matrix(n, n, DType::Float32));
        computes(&format!("matrix product {n}³, float32"), 2.0 * (n as f64).powi(3), peak, measure(&engine, MatMul, &[&a, &b]));
        if !quick {
            let transposed = b.view(b.layout().transpose(0, 1));
            computes("  of transposed weights", 2.0 * (n as f64).powi(3), peak, measure(&engine, MatMul, &[&a, &transposed]));
        }
    }
    for &(t, d) in if quick { &[(512, 64)][..] } else { &[(512, 64), (2048, 64), (4096, 64), (4096, 128), (16384, 64)] } {
        let heads = || numbers(&engine, &[1, 8, t, d], DType::Float32);
        let (q, k, v) = (heads(), heads(), heads());
        let attention = Attention { scale: 0.125, causal: true, window: None };
        let flops = (4 * 8 * d * (t * (t + 1) / 2)) as f64;
        computes(&format!("causal attention T={t}, H=8, D={d}"), flops, peak, measure(&engine, attention, &[&q, &k, &v]));
    }
    let sizes: &[usize] = if quick { &[4096] } else { &[4096, 12288] };
    for &n in sizes {
        for (dtype, name, bytes) in [(DType::Float32, "float32", 4), (DType::BFloat16, "bfloat16", 2)] {
            let (x, weight) = (matrix(1, n, dtype), matrix(n, n, dtype));
            let transposed = weight.view(weight.layout().transpose(0, 1));
            let moved = (n * n * bytes) as f64;
            moves(&format!("matrix-vector {n}², {name}"), moved, bandwidth, measure(&engine, MatMul, &[&x, &weight]));
            moves("  of transposed weights", moved, bandwidth, measure(&engine, MatMul, &[&x, &transposed]));
        }
    }
}

fn numbers(engine: &Engine, shape: &[usize], dtype: DType) -> Tensor {
    let count: usize = shape.iter().product();
    let values: Vec<f64> = (0..count).map(|at| (at * 37 % 101) as f64 / 101.0 - 0.5).collect();
    engine.tensor(Values::from_f64(dtype, &values), shape).unwrap()
}

/// Seconds of one run, as the page measures an operation.
fn measure(engine: &Engine, operation: impl Operation + 'static, inputs: &[&Tensor]) -> f64 {
    engine.start_tape(8 << 30);
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
    println!("{what:<44}{:>9.3} ms{rate:>17}{:>18.1} %", seconds * 1e3, part * 100.0);
}

/// What this GPU was seen to reach: flops a second, bytes copied, both ways counted, and bytes read; and the seconds from
/// a dispatch that does nothing to the next.
struct Limits {
    peak: f64,
    copied: f64,
    read: f64,
    dispatch: f64,
}

async fn limits(quick: bool) -> Limits {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let options = wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    let adapter = instance.request_adapter(&options).await.unwrap();
    let allowed = adapter.limits();
    let required_limits = wgpu::Limits {
        max_buffer_size: allowed.max_buffer_size,
        max_storage_buffer_binding_size: allowed.max_storage_buffer_binding_size,
        ..Default::default()
    };
    let (device, queue) = adapter.request_device(&wgpu::DeviceDescriptor { required_limits, ..Default::default() }).await.unwrap();
    let moved = if quick { MOVED >> 4 } else { MOVED }.min(allowed.max_buffer_size).min(allowed.max_storage_buffer_binding_size) & !0xffff;
    let buffer = |size| {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    };
    let (target, source) = (buffer(moved), buffer(moved));
    let by_command = seconds(&device, &queue, |encoder, count| {
        (0..count).for_each(|_| encoder.copy_buffer_to_buffer(&source, 0, &target, 0, moved));
    });

    let dispatched = |code: &str, entry: &str, constants: &[(&str, f64)], buffers: &[&wgpu::Buffer], workgroups: u64| {
        let source = wgpu::ShaderSource::Wgsl(code.into());
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source }),
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
            cache: None,
        });
        let entries: Vec<_> =
            (0..).zip(buffers).map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }).collect();
        let layout = &pipeline.get_bind_group_layout(0);
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries });
        let x = workgroups.min(65_535) as u32;
        seconds(&device, &queue, |encoder, count| {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline);
            pass.set_bind_group(0, &bindings, &[]);
            (0..count).for_each(|_| pass.dispatch_workgroups(x, workgroups.div_ceil(65_535) as u32, 1));
        })
    };
    let (peak, bandwidth) = (include_str!("src/peak.wgsl"), include_str!("src/bandwidth.wgsl"));
    let turns = if quick { TURNS >> 4 } else { TURNS };
    let compute = dispatched(peak, "main", &[("TURNS", turns as f64)], &[&buffer(INVOCATIONS * 16)], INVOCATIONS / 64);
    let by_shader = dispatched(bandwidth, "copy_all", &[], &[&target, &source], moved / 16 / 256);
    let read = dispatched(bandwidth, "read_all", &[], &[&target, &source], moved / 64 / 256);
    let nothing = dispatched("@group(0) @binding(0) var<storage, read_write> x: u32; @compute @workgroup_size(1) fn main() { x += 1; }", "main", &[], &[&buffer(4)], 1);
    let moved = moved as f64;
    Limits {
        peak: FLOPS / TURNS as f64 * turns as f64 / compute,
        copied: 2.0 * moved / by_command.min(by_shader),
        read: moved / read,
        dispatch: nothing,
    }
}

/// Seconds of one of what is recorded as often as it is asked for: as many are submitted together as take long enough.
fn seconds(device: &wgpu::Device, queue: &wgpu::Queue, record: impl Fn(&mut wgpu::CommandEncoder, u32)) -> f64 {
    let run = |count: u32| {
        let started = Instant::now();
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        record(&mut encoder, count);
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

//! The devices side by side.

use std::rc::Rc;

use tensor::gpu::Gpu;
use tensor::ops::{Adapter, Operation};
use tensor::{DType, Engine, Layout, Tensor, Values};

/// Both devices, and numbers that look random and are the same in every run.
pub struct Devices {
    cpu: Engine,
    gpu: Engine,
    state: u64,
    calls: usize,
    failures: Vec<String>,
}

pub type Input = (Values, Layout);

impl Devices {
    /// With the kernels of a kind of adapter, or of what this one is.
    pub fn open(kind: Option<Adapter>) -> Devices {
        let gpu = pollster::block_on(Gpu::open_for(kind)).expect("these tests need a WebGPU adapter (Debian: mesa-vulkan-drivers)");
        Devices { cpu: Engine::cpu(), gpu: Engine::webgpu(gpu), state: 1, calls: 0, failures: Vec::new() }
    }

    /// Numbers between -2 and 2 (xorshift, Marsaglia 2003).
    pub fn numbers(&mut self, count: usize) -> Vec<f64> {
        (0..count)
            .map(|_| {
                self.state ^= self.state << 13;
                self.state ^= self.state >> 7;
                self.state ^= self.state << 17;
                (self.state >> 40) as f64 / (1u64 << 22) as f64 - 2.0
            })
            .collect()
    }

    pub fn values(&mut self, dtype: DType, count: usize) -> Values {
        let numbers = self.numbers(count);
        if dtype.is_float() {
            Values::from_f64(dtype, &numbers)
        } else {
            // Products of these overflow an int64, and sums of their low words carry.
            let scale = if dtype == DType::Int64 { 3e9 } else { 50.0 };
            Values::from_i64(dtype, &numbers.iter().map(|x| (x * scale) as i64).collect::<Vec<_>>())
        }
    }

    pub fn input(&mut self, dtype: DType, shape: &[usize]) -> Input {
        (self.values(dtype, shape.iter().product()), Layout::contiguous(shape))
    }

    /// The same shape, but the last two dimensions lie the other way round, behind three other cells.
    pub fn transposed(&mut self, dtype: DType, shape: &[usize]) -> Input {
        let mut swapped = shape.to_vec();
        let rank = shape.len();
        swapped.swap(rank - 2, rank - 1);
        let mut layout = Layout::contiguous(&swapped).transpose(rank - 2, rank - 1);
        layout.offset = 3;
        (self.values(dtype, shape.iter().product::<usize>() + 3), layout)
    }

    /// As [`Devices::transposed`], from the first cell on.
    pub fn swapped(&mut self, like: &Input) -> Input {
        let shape = &like.1.shape;
        (self.values(like.0.dtype(), like.0.len()), Layout::contiguous(&[shape[1], shape[0]]).transpose(0, 1))
    }

    /// Runs on both devices; a cell may differ by `tolerance` of the larger of 1 and its size.
    pub fn compare(&mut self, operation: impl Operation + 'static, inputs: &[Input], tolerance: f64) {
        let operation: Rc<dyn Operation> = Rc::new(operation);
        let run = |engine: &Engine| {
            let tensors: Vec<Tensor> = inputs
                .iter()
                .map(|(values, layout)| engine.tensor(values.clone(), &[values.len()]).unwrap().view(layout.clone()))
                .collect();
            let output = engine.apply(operation.clone(), &tensors.iter().collect::<Vec<_>>()).unwrap();
            pollster::block_on(engine.read(&output)).unwrap();
            engine.values(&output).unwrap()
        };
        let (cpu, gpu) = (run(&self.cpu), run(&self.gpu));
        self.calls += 1;
        let shapes: Vec<String> = inputs.iter().map(|(v, l)| format!("{:?} {:?}", v.dtype(), l.shape)).collect();
        let what = format!("{operation:?} of {}", shapes.join(", "));
        if cpu.dtype() != gpu.dtype() || cpu.len() != gpu.len() {
            self.failures.push(format!("{what}: {:?} × {} and {:?} × {}", cpu.dtype(), cpu.len(), gpu.dtype(), gpu.len()));
            return;
        }
        let at = if cpu.dtype().is_float() {
            let close = |x: f64, y: f64| {
                x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance * x.abs().max(1.0)
            };
            cpu.to_f64().into_iter().zip(gpu.to_f64()).position(|(x, y)| !close(x, y))
        } else {
            cpu.to_i64().into_iter().zip(gpu.to_i64()).position(|(x, y)| x != y)
        };
        if let Some(at) = at {
            let cell = |v: &Values| v.take(std::iter::once(at));
            self.failures.push(format!("{what}: cell {at} is {:?} on the CPU, {:?} on the GPU", cell(&cpu), cell(&gpu)));
        }
    }

    pub fn end(self) {
        assert!(self.calls > 0);
        assert!(self.failures.is_empty(), "{} of {} calls differ:\n{}", self.failures.len(), self.calls, self.failures.join("\n"));
    }
}

//! The GPU's memory: written where it is, used again, given back.

use tensor::gpu::Gpu;
use tensor::ops::copy::Copy;
use tensor::{DType, Engine, Error, Tensor, Values};

use super::engines;

#[test]
fn a_write_is_in_place_only_where_nobody_holds_the_old_values() {
    let (_, gpu) = engines();
    let read = |tensor: &Tensor| {
        pollster::block_on(gpu.read(tensor)).unwrap();
        gpu.values(tensor).unwrap().to_f64()
    };
    for dtype in [DType::Float32, DType::BFloat16, DType::Int64] {
        let zeros = gpu.tensor(Values::zeros(dtype, 5), &[5]).unwrap();
        let a = gpu.run(Copy { dtype }, &[&zeros]).unwrap();
        let cell = |i: usize| a.view(a.layout().slice(0, i, 1, 1));
        let one = gpu.run(Copy { dtype: DType::Float32 }, &[&gpu.scalar(1.0, DType::Float32).unwrap()]).unwrap();
        // What waits holds what it reads.
        gpu.settle(&a).and_then(|()| gpu.settle(&one)).unwrap();
        gpu.memory().reset_peak();
        let used = gpu.memory().used();
        gpu.write(&cell(3), &one).unwrap();
        assert_eq!((gpu.memory().peak(), gpu.memory().used()), (used, used));
        assert_eq!(read(&a), [0.0, 0.0, 0.0, 1.0, 0.0]);
        // What the host has read is of the past.
        gpu.write(&cell(2), &one).unwrap();
        assert_eq!(read(&a), [0.0, 0.0, 1.0, 1.0, 0.0]);
        let snapshot = a.snapshot();
        gpu.write(&cell(0), &one).unwrap();
        assert_eq!((read(&a), read(&snapshot)), (vec![1.0, 0.0, 1.0, 1.0, 0.0], vec![0.0, 0.0, 1.0, 1.0, 0.0]));
    }
}

#[test]
fn more_than_the_device_can_bind_is_an_error_before_it_is_allocated() {
    let gpu = pollster::block_on(Gpu::open()).unwrap();
    assert!(matches!(gpu.allocate(1 << 40), Err(Error::OutOfMemory(_))));
    assert_eq!(gpu.lost(), None);
}

#[test]
fn memory_that_nobody_holds_is_used_again_or_given_back() {
    let gpu = pollster::block_on(Gpu::open()).unwrap();
    let engine = Engine::webgpu(gpu.clone());
    let x = engine.tensor(Values::Float32(vec![1.0, 2.0]), &[2]).unwrap();
    let copy = || pollster::block_on(engine.read(&engine.run(Copy { dtype: DType::Float16 }, &[&x]).unwrap())).unwrap();
    copy();
    let before = gpu.bytes();
    let held: Vec<_> = (0..6).map(|_| gpu.allocate(64 << 20).unwrap()).collect();
    assert_eq!(gpu.bytes(), before + 6 * (64 << 20));
    drop(held);
    copy();
    // 256 MB are kept, and what the two-element tensors have is among them.
    assert_eq!(gpu.bytes(), before + 3 * (64 << 20));
    drop(gpu.allocate(64 << 20).unwrap());
    assert_eq!(gpu.bytes(), before + 3 * (64 << 20));
    // What comes back later is kept in place of what has waited longest.
    for _ in 0..2 {
        drop(gpu.allocate(128 << 20).unwrap());
        copy();
        assert_eq!(gpu.bytes(), before + (64 << 20) + (128 << 20));
    }
}

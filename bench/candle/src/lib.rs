//! candle's matrix product for `src/rivals/candle.js`: plain functions over this module's memory.

use std::cell::RefCell;

use candle_core::{Device, Tensor};

thread_local! {
    /// The factors, and what the last product was.
    static TENSORS: RefCell<Vec<Tensor>> = const { RefCell::new(Vec::new()) };
    static RESULT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Room for `count` numbers, which the caller fills and gives back to [`square`].
#[unsafe(no_mangle)]
pub extern "C" fn room(count: usize) -> *mut f32 {
    vec![0.0_f32; count].leak().as_mut_ptr()
}

/// Takes `side` × `side` numbers from [`room`] as the next factor.
///
/// # Safety
/// `cells` is what `room(side * side)` returned, and is given once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn square(cells: *mut f32, side: usize) {
    // SAFETY: the caller keeps the promise above.
    let cells = unsafe { Vec::from_raw_parts(cells, side * side, side * side) };
    let tensor = Tensor::from_vec(cells, (side, side), &Device::Cpu).expect("the shape fits");
    TENSORS.with_borrow_mut(|tensors| tensors.push(tensor));
}

/// Multiplies the two factors.
#[unsafe(no_mangle)]
pub extern "C" fn multiply() {
    TENSORS.with_borrow(|tensors| std::hint::black_box(tensors[0].matmul(&tensors[1]).expect("the shapes fit")));
}

/// The product's cells, row by row.
#[unsafe(no_mangle)]
pub extern "C" fn product() -> *const f32 {
    let product = TENSORS.with_borrow(|tensors| tensors[0].matmul(&tensors[1]).expect("the shapes fit"));
    let cells = product.flatten_all().and_then(|cells| cells.to_vec1()).expect("it is float32");
    RESULT.with_borrow_mut(|result| {
        *result = cells;
        result.as_ptr()
    })
}

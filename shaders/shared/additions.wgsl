// Adds to a cell of atomic_output whoever else writes the same word, in whatever order they come.
fn add_to_cell(cell: u32, bits: vec2<u32>) {
    let word = word_of(cell, DTYPE_OUT);
    if DTYPE_OUT == INT32 || DTYPE_OUT == INT64 {
        let old = atomicAdd(&atomic_output[word], bits.x);
        if DTYPE_OUT == INT64 {
            atomicAdd(&atomic_output[word + 1u], bits.y + u32(old + bits.x < old));
        }
        return;
    }
    let shift = shift_of(cell, DTYPE_OUT);
    let others = ~(mask_of(DTYPE_OUT) << shift);
    let added = sum_of(bits, DTYPE_OUT);
    var old = atomicLoad(&atomic_output[word]);
    loop {
        let sum = sum_add(sum_of(vec2(bits_of(old, cell, DTYPE_OUT), 0u), DTYPE_OUT), added);
        let next = (old & others) | (bits_of_sum(sum, DTYPE_OUT).x << shift);
        let result = atomicCompareExchangeWeak(&atomic_output[word], old, next);
        if result.exchanged {
            break;
        }
        old = result.old_value;
    }
}

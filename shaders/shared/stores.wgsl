// Cells of atomic_output, set or added to whoever else writes the same word.
fn set_cell(cell: u32, bits: vec2<u32>) {
    let word = word_of(cell, DTYPE_OUT);
    if cells_per_word(DTYPE_OUT) == 1u {
        atomicStore(&atomic_output[word], bits.x);
        if DTYPE_OUT == INT64 {
            atomicStore(&atomic_output[word + 1u], bits.y);
        }
        return;
    }
    let shift = shift_of(cell, DTYPE_OUT);
    let others = ~(mask_of(DTYPE_OUT) << shift);
    var old = atomicLoad(&atomic_output[word]);
    loop {
        let result = atomicCompareExchangeWeak(&atomic_output[word], old, (old & others) | (bits.x << shift));
        if result.exchanged {
            break;
        }
        old = result.old_value;
    }
}

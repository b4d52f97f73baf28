// A cell's bits in another element type: floats round to nearest even, integers wrap, bool is whether it is not zero.
fn convert(bits: vec2<u32>, dtype: u32, wanted: u32) -> vec2<u32> {
    if dtype == wanted {
        return bits;
    }
    if is_float(dtype) {
        let value = float_of(bits.x, dtype);
        if is_float(wanted) {
            return vec2(bits_of_float(value, wanted), 0u);
        }
        if wanted == BOOL {
            return vec2(u32((bitcast<u32>(value) & 0x7fffffffu) != 0u), 0u);
        }
        return bits_of_integer(integer_of_float(value), wanted);
    }
    let value = integer_of(bits, dtype);
    if is_float(wanted) {
        return vec2(bits_of_float(float_of_integer(value), wanted), 0u);
    }
    return bits_of_integer(value, wanted);
}

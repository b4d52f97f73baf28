const NAN_KEY = 0xffffffffu;
const POSITIVE_INFINITY_KEY = 0xff800000u;
const NEGATIVE_INFINITY_KEY = 0x007fffffu;

// Integers in the order of the floats: -0 equals 0, NaN is above all.
// Shader compilers may assume that there are no NaNs and infinities, bits they leave alone.
fn float_key(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    if (bits & 0x7fffffffu) > 0x7f800000u { return NAN_KEY; }
    if bits == 0x80000000u { return bits; }
    return select(bits | 0x80000000u, ~bits, bits >> 31u == 1u);
}

// The bits of the float with this key.
fn float_bits(key: u32) -> u32 {
    if key == NAN_KEY { return 0x7fc00000u; }
    return select(~key, key & 0x7fffffffu, key >> 31u == 1u);
}

// The polynomial of ln(1 + x) for √½ - 1 <= x <= √2 - 1 (Cephes, logf).
fn logarithm_near_one(x: f32) -> f32 {
    let z = x * x;
    var p = 7.0376836292e-2;
    p = p * x - 1.1514610310e-1;
    p = p * x + 1.1676998740e-1;
    p = p * x - 1.2420140846e-1;
    p = p * x + 1.4249322787e-1;
    p = p * x - 1.6668057665e-1;
    p = p * x + 2.0000714765e-1;
    p = p * x - 2.4999993993e-1;
    p = p * x + 3.3333331174e-1;
    return x + (p * x * z - 0.5 * z);
}

// A positive number as m · 2^n with √½ <= m < √2: vec2(m, n).
fn fraction_and_exponent(x: f32) -> vec2<f32> {
    var n = 0.0;
    var bits = bitcast<u32>(x);
    if bits < 0x800000u {
        // A subnormal number is a whole number of 2^-149; as an integer it is not flushed to zero.
        bits = bitcast<u32>(f32(bits));
        n = -149.0;
    }
    let shifted = bits - 0x3f3504f3u;
    n += f32(bitcast<i32>(shifted) >> 23u);
    return vec2(bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u), n);
}

// ln(x): NaN below zero, -infinity at zero.
fn logarithm(x: f32) -> f32 {
    if is_nan(x) || bitcast<u32>(x) == INFINITY {
        return x;
    }
    if (bitcast<u32>(x) & ~SIGN) == 0u {
        return from_bits(SIGN | INFINITY);
    }
    if is_negative(x) {
        return from_bits(NAN);
    }
    let parts = fraction_and_exponent(x);
    return (logarithm_near_one(parts.x - 1.0) - parts.y * 2.12194440e-4) + parts.y * 0.693359375;
}

// softmax: exp(x - max) / Σ exp(x - max) along a dimension, or the logarithm of it.
// x and output: outer × n × inner cells; a row is the n cells that share their outer and inner index.

override DTYPE: u32 = 0u;
override LOGARITHM: u32 = 0u;

struct Parameters {
    rows: u32,
    n: u32,
    inner: u32,
    lanes: u32,
    step: u32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

var<workgroup> keys: array<u32, 256>;
var<workgroup> sums: array<f32, 256>;

// Terms that a lane adds before it adds them to its total, so that long rows keep their digits.
const BLOCK = 64u;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let place = place(workgroup, invocation);
    let start = (place.row / p.inner) * p.n * p.inner + place.row % p.inner;
    let end = select(0u, p.n, place.row < p.rows);

    var key = 0u;
    for (var i = place.lane; i < end; i += p.lanes) {
        key = max(key, float_key(x_at(start + i * p.inner)));
    }
    keys[invocation] = key;
    workgroupBarrier();
    for (var half = p.lanes / 2u; half > 0u; half /= 2u) {
        if place.lane < half {
            keys[invocation] = max(keys[invocation], keys[invocation + half * p.step]);
        }
        workgroupBarrier();
    }
    let largest_key = keys[invocation - place.lane * p.step];
    let largest = bitcast<f32>(float_bits(largest_key));
    // inf - inf has no value: a row with NaN or +inf, or of nothing but -inf, is NaN throughout.
    let undefined = largest_key >= POSITIVE_INFINITY_KEY || largest_key <= NEGATIVE_INFINITY_KEY;

    var total = 0.0;
    for (var i = place.lane; i < end; i += p.lanes * BLOCK) {
        var block = 0.0;
        for (var j = i; j < min(end, i + p.lanes * BLOCK); j += p.lanes) {
            block += exponential(difference(x_at(start + j * p.inner), largest));
        }
        total += block;
    }
    sums[invocation] = total;
    workgroupBarrier();
    for (var half = p.lanes / 2u; half > 0u; half /= 2u) {
        if place.lane < half {
            sums[invocation] += sums[invocation + half * p.step];
        }
        workgroupBarrier();
    }
    let sum = sums[invocation - place.lane * p.step];
    let log_sum = logarithm(sum);

    for (var i = place.lane; i < end; i += p.lanes) {
        let position = start + i * p.inner;
        let value = x_at(position);
        var bits: u32;
        if undefined {
            bits = 0x7fc00000u;
        } else if LOGARITHM == 1u {
            bits = select(bitcast<u32>(value - largest - log_sum), 0xff800000u, bitcast<u32>(value) == 0xff800000u);
        } else {
            bits = bitcast<u32>(divide(exponential(difference(value, largest)), sum));
        }
        output[position] = bits;
    }
}

// x - largest; where x is -inf a number whose exponential is 0.
fn difference(value: f32, largest: f32) -> f32 {
    if bitcast<u32>(value) == 0xff800000u { return -150.0; }
    return value - largest;
}

fn x_at(i: u32) -> f32 {
    return float_of(bits_of(x[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

// begin shared elements
// Element types by their codes (DType::code): what the overrides DTYPE_… say.
const FLOAT32 = 0u;
const FLOAT16 = 1u;
const BFLOAT16 = 2u;
const INT64 = 3u;
const INT32 = 4u;
const INT8 = 5u;
const UINT8 = 6u;
const BOOL = 7u;

fn is_float(dtype: u32) -> bool {
    return dtype <= BFLOAT16;
}

// How many cells share a word; an int64 takes two words and counts as one.
fn cells_per_word(dtype: u32) -> u32 {
    switch dtype {
        case FLOAT16, BFLOAT16: { return 2u; }
        case INT8, UINT8, BOOL: { return 4u; }
        default: { return 1u; }
    }
}

// The word in which a cell starts.
fn word_of(cell: u32, dtype: u32) -> u32 {
    if dtype == INT64 {
        return cell * 2u;
    }
    return cell / cells_per_word(dtype);
}

// Where in its word a cell's lowest bit is.
fn shift_of(cell: u32, dtype: u32) -> u32 {
    switch dtype {
        case FLOAT16, BFLOAT16: { return (cell & 1u) * 16u; }
        case INT8, UINT8, BOOL: { return (cell & 3u) * 8u; }
        default: { return 0u; }
    }
}

// The bits that a cell fills, at the low end of a word.
fn mask_of(dtype: u32) -> u32 {
    switch dtype {
        case FLOAT16, BFLOAT16: { return 0xffffu; }
        case INT8, UINT8, BOOL: { return 0xffu; }
        default: { return 0xffffffffu; }
    }
}

// A cell's bits out of its word.
fn bits_of(word: u32, cell: u32, dtype: u32) -> u32 {
    return (word >> shift_of(cell, dtype)) & mask_of(dtype);
}

// The value of a floating-point cell; float16 and bfloat16 widen exactly.
fn float_of(bits: u32, dtype: u32) -> f32 {
    switch dtype {
        case FLOAT16: {
            let sign = (bits & 0x8000u) << 16u;
            let exponent = (bits >> 10u) & 0x1fu;
            let fraction = bits & 0x3ffu;
            if exponent == 0u {
                return bitcast<f32>(sign | bitcast<u32>(f32(fraction) * 0x1p-24f));
            }
            if exponent == 31u {
                return bitcast<f32>(sign | 0x7f800000u | (fraction << 13u));
            }
            return bitcast<f32>(sign | ((exponent + 112u) << 23u) | (fraction << 13u));
        }
        case BFLOAT16: { return bitcast<f32>(bits << 16u); }
        default: { return bitcast<f32>(bits); }
    }
}

// The bits of a floating-point cell: float16 and bfloat16 round to nearest, ties to even.
fn bits_of_float(value: f32, dtype: u32) -> u32 {
    let bits = bitcast<u32>(value);
    let magnitude = bits & 0x7fffffffu;
    switch dtype {
        case FLOAT16: {
            let sign = (bits >> 16u) & 0x8000u;
            if magnitude > 0x7f800000u {
                return sign | 0x7e00u;
            }
            // From 65520 on the nearest float16 is infinity; up to 2^-25 it is zero.
            if magnitude >= 0x477ff000u {
                return sign | 0x7c00u;
            }
            if magnitude <= 0x33000000u {
                return sign;
            }
            if magnitude >= 0x38800000u {
                return sign | ((magnitude + 0xfffu + ((magnitude >> 13u) & 1u) - 0x38000000u) >> 13u);
            }
            let fraction = (magnitude & 0x7fffffu) | 0x800000u;
            let shift = 126u - (magnitude >> 23u);
            let kept = fraction >> shift;
            return sign | ((fraction + (1u << (shift - 1u)) - 1u + (kept & 1u)) >> shift);
        }
        case BFLOAT16: {
            if magnitude > 0x7f800000u {
                return (bits >> 16u) | 0x40u;
            }
            return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
        }
        default: { return bits; }
    }
}
// end shared elements

// begin shared floats
// Special values are handled by their bits: WGSL lets an implementation assume that there are none.
const NAN = 0x7fc00000u;
const INFINITY = 0x7f800000u;
const SIGN = 0x80000000u;

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & ~SIGN) > INFINITY;
}

fn is_infinite(x: f32) -> bool {
    return (bitcast<u32>(x) & ~SIGN) == INFINITY;
}

fn is_negative(x: f32) -> bool {
    return bitcast<u32>(x) >= SIGN;
}

fn magnitude(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & ~SIGN);
}

fn with_sign_of(x: f32, sign: f32) -> f32 {
    return bitcast<f32>((bitcast<u32>(x) & ~SIGN) | (bitcast<u32>(sign) & SIGN));
}

// A number from its bits. A function, since WGSL refuses constant expressions that are infinite or not a number.
fn from_bits(bits: u32) -> f32 {
    return bitcast<f32>(bits);
}

// x · 2^n in two factors, so that neither leaves the range of normal numbers; |n| < 252.
fn scaled(x: f32, n: i32) -> f32 {
    let half = n / 2;
    return x * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(n - half + 127) << 23u);
}

// The first twelve bits of a number. Sums that are meant to lose nothing go through here:
// a compiler may reorder (a + b) - a to b, but it does not see through a mask.
fn first_half(x: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

// The error of a product that was rounded: a · b - product. Halves of twelve bits multiply exactly.
fn product_error(a: f32, b: f32, product: f32) -> f32 {
    let a_high = first_half(a);
    let b_high = first_half(b);
    let a_low = a - a_high;
    let b_low = b - b_high;
    return (((a_high * b_high - product) + a_high * b_low) + a_low * b_high) + a_low * b_low;
}

// a / b. WGSL allows 2.5 units in the last place; programs print whole numbers, so the quotient is corrected by its rest.
fn divide(a: f32, b: f32) -> f32 {
    if is_nan(a) || is_nan(b) {
        return from_bits(NAN);
    }
    let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & SIGN;
    let top = bitcast<u32>(a) & ~SIGN;
    let bottom = bitcast<u32>(b) & ~SIGN;
    if top == INFINITY || bottom == 0u {
        return from_bits(select(sign | INFINITY, NAN, top == bottom || (top == INFINITY && bottom == INFINITY)));
    }
    if top == 0u || bottom == INFINITY {
        return from_bits(sign);
    }
    let quotient = a / b;
    // Where the quotient or the rest leaves the range of normal numbers there is nothing to correct it by.
    let size = magnitude(quotient);
    if size < 0x1p-100f || size > 0x1p100f || magnitude(a) < 0x1p-90f || magnitude(b) > 0x1p100f {
        return quotient;
    }
    return quotient - (product_error(quotient, b, a)) / b;
}

// √x, corrected like the quotient.
fn square_root(x: f32) -> f32 {
    if is_nan(x) || (is_negative(x) && x != 0.0) {
        return from_bits(NAN);
    }
    let root = sqrt(x);
    if x < 0x1p-90f || is_infinite(x) {
        return select(root, x, x == 0.0 || is_infinite(x));
    }
    return root - product_error(root, root, x) / (2.0 * root);
}
// end shared floats

// begin shared exponential
// The polynomial of e^r - 1 for |r| <= ln(2) / 2 (Cephes, expf).
fn exponential_minus_one_near_zero(r: f32) -> f32 {
    var p = 1.9875691500e-4;
    p = p * r + 1.3981999507e-3;
    p = p * r + 8.3334519073e-3;
    p = p * r + 4.1665795894e-2;
    p = p * r + 1.6666665459e-1;
    p = p * r + 5.0000001201e-1;
    return p * r * r + r;
}

// e^x within a unit in the last place: 2^n · e^r, where ln(2) is subtracted in two parts.
fn exponential(x: f32) -> f32 {
    if is_nan(x) {
        return x;
    }
    if x > 88.73 {
        return from_bits(INFINITY);
    }
    if x < -104.0 {
        return 0.0;
    }
    let n = round(x * 1.44269504);
    let r = (x - n * 0.693359375) + n * 2.12194440e-4;
    return scaled(exponential_minus_one_near_zero(r) + 1.0, i32(n));
}
// end shared exponential

// begin shared logarithm
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
// end shared logarithm

// begin shared order
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
// end shared order

// begin shared rows
struct Place {
    row: u32,
    lane: u32,
}

// `p.lanes` invocations work on a row. They are neighbours (`p.step` is 1) where the cells of a row are
// neighbours in memory; else neighbours work on neighbouring rows, and lanes are `p.step` apart.
fn place(workgroup: vec3<u32>, invocation: u32) -> Place {
    let rows_here = 256u / p.lanes;
    let first = (workgroup.x + workgroup.y * 65535u) * rows_here;
    if p.step == 1u {
        return Place(first + invocation / p.lanes, invocation % p.lanes);
    }
    return Place(first + invocation % rows_here, invocation / rows_here);
}
// end shared rows

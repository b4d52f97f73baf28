// layer_norm: (x - mean) / √(variance + epsilon), times weight, plus bias; the variance divides by n.
// x and output: rows × n cells, contiguous; weight and bias: n cells.

override DTYPE: u32 = 0u;
override HAS_WEIGHT: u32 = 0u;
override HAS_BIAS: u32 = 0u;

struct Parameters {
    rows: u32,
    n: u32,
    lanes: u32,
    step: u32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> weight: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<u32>;
@group(0) @binding(4) var<storage, read_write> output: array<u32>;

var<workgroup> sums: array<f32, 256>;

// Terms that a lane adds before it adds them to its total, so that long rows keep their digits.
const BLOCK = 64u;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let place = place(workgroup, invocation);
    let start = place.row * p.n;
    let end = select(0u, p.n, place.row < p.rows);

    // The mean first, the squares of the distances from it second: no digits cancel.
    var total = 0.0;
    for (var i = place.lane; i < end; i += p.lanes * BLOCK) {
        var block = 0.0;
        for (var j = i; j < min(end, i + p.lanes * BLOCK); j += p.lanes) {
            block += x_at(start + j);
        }
        total += block;
    }
    let mean = divide(row_sum(total, place.lane, invocation), f32(p.n));

    total = 0.0;
    for (var i = place.lane; i < end; i += p.lanes * BLOCK) {
        var block = 0.0;
        for (var j = i; j < min(end, i + p.lanes * BLOCK); j += p.lanes) {
            let distance = x_at(start + j) - mean;
            block += distance * distance;
        }
        total += block;
    }
    let variance = divide(row_sum(total, place.lane, invocation), f32(p.n));
    let scale = divide(1.0, square_root(variance + p.epsilon));

    for (var i = place.lane; i < end; i += p.lanes) {
        var value = (x_at(start + i) - mean) * scale;
        if HAS_WEIGHT == 1u { value *= weight_at(i); }
        if HAS_BIAS == 1u { value += bias_at(i); }
        output[start + i] = bitcast<u32>(value);
    }
}

// The sum of the lanes' totals.
fn row_sum(total: f32, lane: u32, invocation: u32) -> f32 {
    workgroupBarrier();
    sums[invocation] = total;
    workgroupBarrier();
    for (var half = p.lanes / 2u; half > 0u; half /= 2u) {
        if lane < half {
            sums[invocation] += sums[invocation + half * p.step];
        }
        workgroupBarrier();
    }
    return sums[invocation - lane * p.step];
}

fn x_at(i: u32) -> f32 {
    return float_of(bits_of(x[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn weight_at(i: u32) -> f32 {
    return float_of(bits_of(weight[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn bias_at(i: u32) -> f32 {
    return float_of(bits_of(bias[word_of(i, DTYPE)], i, DTYPE), DTYPE);
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

// fused: several functions and operators of float32, one after another in each cell. a, b, c, d: broadcast to the output's shape.
// Here the output is a: in its place the engine writes the steps that an expression has (gpu/fusion.rs).

@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> c: array<f32>;
@group(0) @binding(4) var<storage, read> d: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let cell = (group.x + group.y * 65535u) * 64u + lane;
    if cell >= parameters.count {
        return;
    }
    let value_0 = a[position_of(cell, 0u)];
    let value_1 = b[position_of(cell, 1u)];
    let value_2 = c[position_of(cell, 2u)];
    let value_3 = d[position_of(cell, 3u)];
    output[cell] = value_0;
}

// begin shared cells
// The parameter block of operations that go cell by cell: `parameters` in ops/cellwise.rs.
struct Parameters {
    // Cells of the output, and its dimensions after neighbours that lie alike were joined.
    count: u32,
    rank: u32,
    // What an operation adds to these.
    extra: vec2<u32>,
    // The inputs' offsets; shape of the output; eight strides for each input, 0 where it is broadcast.
    offsets: vec4<u32>,
    shape: array<vec4<u32>, 2>,
    strides: array<vec4<i32>, 12>,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;

// Where an input holds the output's cell.
fn position_of(cell: u32, input: u32) -> u32 {
    var rest = cell;
    var position = bitcast<i32>(parameters.offsets[input]);
    for (var d = parameters.rank; d > 0u; d--) {
        let i = d - 1u;
        let size = parameters.shape[i / 4u][i % 4u];
        position += i32(rest % size) * parameters.strides[input * 2u + i / 4u][i % 4u];
        rest /= size;
    }
    return bitcast<u32>(position);
}
// end shared cells

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

// begin shared activations
fn hyperbolic_tangent(x: f32) -> f32 {
    let size = magnitude(x);
    if size > 9.02 {
        return with_sign_of(1.0, x);
    }
    if size >= 0.625 {
        return with_sign_of(1.0 - divide(2.0, exponential(2.0 * size) + 1.0), x);
    }
    let z = x * x;
    var p = -5.70498872745e-3;
    p = p * z + 2.06390887954e-2;
    p = p * z - 5.37397155531e-2;
    p = p * z + 1.33314422036e-1;
    p = p * z - 3.33332819422e-1;
    return p * z * x + x;
}

fn sigmoid(x: f32) -> f32 {
    if is_negative(x) {
        let e = exponential(x);
        return divide(e, 1.0 + e);
    }
    return divide(1.0, 1.0 + exponential(-x));
}

fn silu(x: f32) -> f32 {
    if is_infinite(x) {
        return from_bits(select(INFINITY, NAN, is_negative(x)));
    }
    return x * sigmoid(x);
}

// x Φ(x) = ½ x erfc(-x / √2).
fn gelu(x: f32) -> f32 {
    if is_infinite(x) {
        return from_bits(select(INFINITY, NAN, is_negative(x)));
    }
    return 0.5 * x * complementary_error_function(-x * 0.70710678);
}

fn gelu_tanh(x: f32) -> f32 {
    if magnitude(x) > 1e6 {
        return select(x, select(with_sign_of(0.0, x), from_bits(NAN), is_infinite(x)), is_negative(x));
    }
    let inner = 0.79788456 * (x + 0.044715 * x * x * x);
    // 1 + tanh(y) = 2 / (1 + e^(-2y)), which keeps its digits where tanh is near -1.
    return x * sigmoid(2.0 * inner);
}

// erf(x) (Cephes, ndtrf).
fn error_function(x: f32) -> f32 {
    if magnitude(x) > 1.0 {
        return with_sign_of(1.0 - error_function_tail(magnitude(x)), x);
    }
    return error_function_near_zero(x);
}

// erfc(x) = 1 - erf(x).
fn complementary_error_function(x: f32) -> f32 {
    if magnitude(x) < 1.0 {
        return 1.0 - error_function_near_zero(x);
    }
    let tail = error_function_tail(magnitude(x));
    return select(tail, 2.0 - tail, is_negative(x));
}

fn error_function_near_zero(x: f32) -> f32 {
    let z = x * x;
    var p = 7.853861353153693e-5;
    p = p * z - 8.010193625184903e-4;
    p = p * z + 5.188327685732524e-3;
    p = p * z - 2.685381193529856e-2;
    p = p * z + 1.128358514861418e-1;
    p = p * z - 3.761262582423300e-1;
    p = p * z + 1.128379165726710;
    return p * x;
}

// erfc(x) for x >= 1.
fn error_function_tail(x: f32) -> f32 {
    if x > 10.1 {
        return 0.0;
    }
    let q = divide(1.0, x);
    let y = q * q;
    var p: f32;
    if x < 2.0 {
        p = 2.326819970068386e-2;
        p = p * y - 1.387039388740657e-1;
        p = p * y + 3.687424674597105e-1;
        p = p * y - 5.824733027278666e-1;
        p = p * y + 6.210004621745983e-1;
        p = p * y - 4.944515323274145e-1;
        p = p * y + 3.404879937665872e-1;
        p = p * y - 2.741127028184656e-1;
        p = p * y + 5.638259427386472e-1;
    } else {
        p = -1.047766399936249e+1;
        p = p * y + 1.297719955372516e+1;
        p = p * y - 7.495518717768503;
        p = p * y + 2.921019019210786;
        p = p * y - 1.015265279202700;
        p = p * y + 4.218463358204948e-1;
        p = p * y - 2.820767439740514e-1;
        p = p * y + 5.641895067754075e-1;
    }
    // e^(-x²), with the digits that x² loses to rounding.
    let square = x * x;
    return exponential(-square) * (1.0 - product_error(x, x, square)) * q * p;
}
// end shared activations

// unary: a function of one number, applied to every cell. a: any shape and strides; output: the same shape.

// The functions, in the order of `Function` in ops/unary.rs.
const NEG = 0u;
const ABS = 1u;
const SIGNUM = 2u;
const FLOOR = 3u;
const CEIL = 4u;
const ROUND = 5u;
const TRUNC = 6u;
const SQRT = 7u;
const RSQRT = 8u;
const RECIPROCAL = 9u;
const SQUARE = 10u;
const EXP = 11u;
const EXP2 = 12u;
const EXPM1 = 13u;
const LOG = 14u;
const LOG2 = 15u;
const LOG10 = 16u;
const LOG1P = 17u;
const SIN = 18u;
const COS = 19u;
const TAN = 20u;
const TANH = 21u;
const SIGMOID = 22u;
const RELU = 23u;
const SILU = 24u;
const GELU = 25u;
const GELU_TANH = 26u;
const SOFTPLUS = 27u;
const ERF = 28u;
const LOGICAL_NOT = 29u;
const BITWISE_NOT = 30u;
const IS_NAN = 31u;
const IS_INF = 32u;
const IS_FINITE = 33u;

override FUNCTION: u32;
override DTYPE_A: u32;
override DTYPE_OUT: u32;

@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

// One invocation writes one word, or the two words of an int64.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let cells = cells_per_word(DTYPE_OUT);
    let first = ((group.x + group.y * 65535u) * 64u + lane) * cells;
    if first >= parameters.count {
        return;
    }
    var word = 0u;
    for (var cell = first; cell < min(first + cells, parameters.count); cell++) {
        let bits = apply(load(position_of(cell, 0u)));
        word |= bits.x << shift_of(cell, DTYPE_OUT);
        if DTYPE_OUT == INT64 {
            output[cell * 2u + 1u] = bits.y;
        }
    }
    output[word_of(first, DTYPE_OUT)] = word;
}

fn load(position: u32) -> vec2<u32> {
    let word = word_of(position, DTYPE_A);
    if DTYPE_A == INT64 {
        return vec2(a[word], a[word + 1u]);
    }
    return vec2(bits_of(a[word], position, DTYPE_A), 0u);
}

fn apply(bits: vec2<u32>) -> vec2<u32> {
    if is_float(DTYPE_A) {
        let x = float_of(bits.x, DTYPE_A);
        if DTYPE_OUT == BOOL {
            return vec2(u32(holds(x)), 0u);
        }
        return vec2(bits_of_float(of_float(x), DTYPE_OUT), 0u);
    }
    let x = integer_of(bits, DTYPE_A);
    if is_float(DTYPE_OUT) {
        return vec2(bits_of_float(of_float(float_of_integer(x)), DTYPE_OUT), 0u);
    }
    return bits_of_integer(of_integer(x), DTYPE_OUT);
}

// The predicates.
fn holds(x: f32) -> bool {
    switch FUNCTION {
        case IS_NAN: { return is_nan(x); }
        case IS_INF: { return is_infinite(x); }
        case IS_FINITE: { return !is_nan(x) && !is_infinite(x); }
        default: { return (bitcast<u32>(x) & ~SIGN) == 0u; }
    }
}

fn of_integer(x: vec2<u32>) -> vec2<u32> {
    let is_zero = (x.x | x.y) == 0u;
    switch FUNCTION {
        case NEG: { return integer_negate(x); }
        case ABS: { return integer_magnitude(x); }
        case SIGNUM: { return select(vec2(u32(!is_zero), 0u), vec2(0xffffffffu), integer_is_negative(x)); }
        case SQUARE: { return integer_multiply(x, x); }
        case RELU: { return select(x, vec2(0u), integer_is_negative(x)); }
        case BITWISE_NOT: { return select(~x, vec2(u32(is_zero), 0u), DTYPE_A == BOOL); }
        case LOGICAL_NOT: { return vec2(u32(is_zero), 0u); }
        case IS_FINITE: { return vec2(1u, 0u); }
        case IS_NAN, IS_INF: { return vec2(0u); }
        // Floor, ceil, round and trunc leave integers as they are.
        default: { return x; }
    }
}

fn of_float(x: f32) -> f32 {
    switch FUNCTION {
        case NEG: { return bitcast<f32>(bitcast<u32>(x) ^ SIGN); }
        case ABS: { return magnitude(x); }
        case SQRT: { return square_root(x); }
        case RECIPROCAL: { return divide(1.0, x); }
        case SQUARE: { return x * x; }
        case EXP: { return exponential(x); }
        case LOG: { return logarithm(x); }
        default: {}
    }
    // Below here not-a-number stays what it is, but for SIGNUM, which has no such value.
    if is_nan(x) {
        return select(x, 0.0, FUNCTION == SIGNUM);
    }
    switch FUNCTION {
        case SIGNUM: { return select(with_sign_of(1.0, x), 0.0, (bitcast<u32>(x) & ~SIGN) == 0u); }
        case FLOOR, CEIL, ROUND, TRUNC: { return whole(x); }
        case RSQRT: { return divide(1.0, square_root(x)); }
        case EXP2: { return power_of_two(x); }
        case EXPM1: { return exponential_minus_one(x); }
        case LOG2: { return logarithm_2(x); }
        case LOG10: { return logarithm_10(x); }
        case LOG1P: { return logarithm_plus_one(x); }
        case SIN, COS, TAN: { return turned(x); }
        case TANH: { return hyperbolic_tangent(x); }
        case SIGMOID: { return sigmoid(x); }
        case RELU: { return select(x, 0.0, is_negative(x)); }
        case SILU: { return silu(x); }
        case GELU: { return gelu(x); }
        case GELU_TANH: { return gelu_tanh(x); }
        case SOFTPLUS: { return softplus(x); }
        case ERF: { return error_function(x); }
        default: { return x; }
    }
}

// Whole numbers keep their bits: from 2^23 on every float32 is one.
fn whole(x: f32) -> f32 {
    if !(magnitude(x) < 8388608.0) {
        return x;
    }
    var result = trunc(x);
    switch FUNCTION {
        case FLOOR: { result = floor(x); }
        case CEIL: { result = ceil(x); }
        case ROUND: { result = round(x); }
        default: {}
    }
    return with_sign_of(result, x);
}

fn power_of_two(x: f32) -> f32 {
    if x >= 128.0 {
        return from_bits(INFINITY);
    }
    if x < -150.0 {
        return 0.0;
    }
    let n = round(x);
    return scaled(exponential_minus_one_near_zero((x - n) * 0.693147181) + 1.0, i32(n));
}

fn exponential_minus_one(x: f32) -> f32 {
    if (bitcast<u32>(x) & ~SIGN) == 0u {
        return x;
    }
    if magnitude(x) < 0.34 {
        return exponential_minus_one_near_zero(x);
    }
    return exponential(x) - 1.0;
}

// Whether the logarithm of x is a special value: that of `logarithm`.
fn has_no_logarithm(x: f32) -> bool {
    return !(x > 0.0 || (bitcast<u32>(x) > 0u && bitcast<u32>(x) < INFINITY)) || is_infinite(x);
}

// Exact for powers of two.
fn logarithm_2(x: f32) -> f32 {
    if has_no_logarithm(x) {
        return logarithm(x);
    }
    let parts = fraction_and_exponent(x);
    return logarithm_near_one(parts.x - 1.0) * 1.44269504 + parts.y;
}

// log₁₀(e) and log₁₀(2) in two parts (Cephes, log10f), so that powers of ten give whole numbers.
fn logarithm_10(x: f32) -> f32 {
    if has_no_logarithm(x) {
        return logarithm(x);
    }
    let parts = fraction_and_exponent(x);
    let near = logarithm_near_one(parts.x - 1.0);
    return ((near * 7.00731903251827651129e-4 + parts.y * 2.48745663981195213739e-4) + near * 0.43359375) + parts.y * 0.30078125;
}

fn logarithm_plus_one(x: f32) -> f32 {
    if (bitcast<u32>(x) & ~SIGN) == 0u {
        return x;
    }
    // Outside this range the rounding of 1 + x is small against the logarithm.
    if x > -0.29 && x < 0.41 {
        return logarithm_near_one(x);
    }
    return logarithm(1.0 + x);
}

fn softplus(x: f32) -> f32 {
    if x > 20.0 {
        return x;
    }
    return logarithm_plus_one(exponential(x));
}

// Sine, cosine and tangent: x = quarter · π/2 + rest, |rest| <= π/4.
fn turned(x: f32) -> f32 {
    if is_infinite(x) {
        return from_bits(NAN);
    }
    let reduced = quarter_turns(magnitude(x));
    let quarter = u32(reduced.x);
    let r = reduced.y;
    let z = r * r;
    // Polynomials of sine and cosine (Cephes, sinf).
    let sine = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
    let cosine = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
    let is_odd = (quarter & 1u) == 1u;
    if FUNCTION == TAN {
        let tangent = select(divide(sine, cosine), divide(-cosine, sine), is_odd);
        return select(tangent, -tangent, is_negative(x));
    }
    if FUNCTION == COS {
        let value = select(cosine, sine, is_odd);
        return select(value, -value, quarter == 1u || quarter == 2u);
    }
    let value = select(sine, cosine, is_odd);
    return select(value, -value, (quarter >= 2u) != is_negative(x));
}

// The first bits of 2/π, after a word of zeros.
const TWO_OVER_PI = array<u32, 8>(
    0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu
);

// vec2(quarter, rest) of x >= 0: the number of quarter turns modulo 4, and what is left.
fn quarter_turns(x: f32) -> vec2<f32> {
    if x < 3000.0 {
        // π/2 in three parts; products with the first two are exact (Cody and Waite).
        let n = round(x * 0.636619772);
        let rest = ((x - n * 1.5703125) - n * 4.837512969970703125e-4) - n * 7.54978995489188216e-8;
        return vec2(f32(u32(n) & 3u), rest);
    }
    // x · 2/π modulo 4 by integers: the 24 bits of x times the 96 bits of 2/π that matter (Payne and Hanek).
    let bits = bitcast<u32>(x);
    let fraction = (bits & 0x7fffffu) | 0x800000u;
    let skipped = (bits >> 23u) - 120u;
    var table = TWO_OVER_PI;
    let i = skipped / 32u;
    let shift = skipped % 32u;
    let low = multiply_words(fraction, window(table[i + 2u], table[i + 3u], shift));
    let middle = integer_add(multiply_words(fraction, window(table[i + 1u], table[i + 2u], shift)), vec2(low.y, 0u));
    let high = fraction * window(table[i], table[i + 1u], shift) + middle.y;
    let turn = integer_shift_left(vec2(middle.x, high), 2u);
    // The rest is rounded to the nearest quarter: as a signed number it lies within half a quarter of it.
    let quarter = ((high >> 30u) + (turn.y >> 31u)) & 3u;
    return vec2(f32(quarter), float_of_integer(turn) * 0x1p-64f * 1.57079633);
}

// 32 bits out of two words, from bit `shift` of the first.
fn window(first: u32, second: u32, shift: u32) -> u32 {
    if shift == 0u {
        return first;
    }
    return (first << shift) | (second >> (32u - shift));
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

// begin shared int64
// 64-bit integers in two's complement: x the low word, y the high word.
fn integer_add(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = a.x + b.x;
    return vec2(low, a.y + b.y + u32(low < a.x));
}

fn integer_negate(a: vec2<u32>) -> vec2<u32> {
    return integer_add(~a, vec2(1u, 0u));
}

fn integer_subtract(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return vec2(a.x - b.x, a.y - b.y - u32(a.x < b.x));
}

// The whole product of two words.
fn multiply_words(a: u32, b: u32) -> vec2<u32> {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
    return vec2(a * b, (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u));
}

fn integer_multiply(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let low = multiply_words(a.x, b.x);
    return vec2(low.x, low.y + a.x * b.y + a.y * b.x);
}

fn integer_is_negative(a: vec2<u32>) -> bool {
    return (a.y >> 31u) == 1u;
}

fn integer_less(a: vec2<u32>, b: vec2<u32>) -> bool {
    if a.y != b.y {
        return bitcast<i32>(a.y) < bitcast<i32>(b.y);
    }
    return a.x < b.x;
}

// Shifts by 0 to 63.
fn integer_shift_left(a: vec2<u32>, by: u32) -> vec2<u32> {
    if by == 0u {
        return a;
    }
    if by >= 32u {
        return vec2(0u, a.x << (by - 32u));
    }
    return vec2(a.x << by, (a.y << by) | (a.x >> (32u - by)));
}

fn integer_shift_right(a: vec2<u32>, by: u32) -> vec2<u32> {
    let high = bitcast<i32>(a.y);
    if by == 0u {
        return a;
    }
    if by >= 32u {
        return vec2(bitcast<u32>(high >> (by - 32u)), bitcast<u32>(high >> 31u));
    }
    return vec2((a.x >> by) | (a.y << (32u - by)), bitcast<u32>(high >> by));
}

fn integer_magnitude(a: vec2<u32>) -> vec2<u32> {
    if integer_is_negative(a) {
        return integer_negate(a);
    }
    return a;
}

// Quotient and remainder of unsigned numbers, by long division; the divisor is not zero.
fn divide_unsigned(a: vec2<u32>, b: vec2<u32>) -> vec4<u32> {
    if a.y == 0u && b.y == 0u {
        return vec4(a.x / b.x, 0u, a.x % b.x, 0u);
    }
    var quotient = vec2(0u, 0u);
    var rest = vec2(0u, 0u);
    for (var i = 0u; i < 64u; i++) {
        let bit = 63u - i;
        let next = select((a.x >> bit) & 1u, (a.y >> (bit & 31u)) & 1u, bit >= 32u);
        let carried = rest.y >> 31u;
        rest = vec2((rest.x << 1u) | next, (rest.y << 1u) | (rest.x >> 31u));
        let fits = carried == 1u || rest.y > b.y || (rest.y == b.y && rest.x >= b.x);
        quotient = vec2(quotient.x << 1u, (quotient.y << 1u) | (quotient.x >> 31u));
        if fits {
            rest = integer_subtract(rest, b);
            quotient.x |= 1u;
        }
    }
    return vec4(quotient, rest);
}
// end shared int64

// begin shared convert
// An integer cell as a 64-bit integer: narrow types extend their sign.
fn integer_of(bits: vec2<u32>, dtype: u32) -> vec2<u32> {
    switch dtype {
        case INT64: { return bits; }
        case INT32: { return vec2(bits.x, bitcast<u32>(bitcast<i32>(bits.x) >> 31u)); }
        case INT8: {
            let value = bitcast<i32>(bits.x << 24u) >> 24u;
            return vec2(bitcast<u32>(value), bitcast<u32>(value >> 31u));
        }
        default: { return vec2(bits.x, 0u); }
    }
}

// The bits of an integer cell: narrow types wrap, bool is whether anything is set.
fn bits_of_integer(value: vec2<u32>, dtype: u32) -> vec2<u32> {
    switch dtype {
        case INT64: { return value; }
        case BOOL: { return vec2(u32((value.x | value.y) != 0u), 0u); }
        default: { return vec2(value.x & mask_of(dtype), 0u); }
    }
}

// The nearest float32 of a 64-bit integer, ties to even.
fn float_of_integer(value: vec2<u32>) -> f32 {
    let magnitude = integer_magnitude(value);
    if (magnitude.x | magnitude.y) == 0u {
        return 0.0;
    }
    let zeros = select(32u + countLeadingZeros(magnitude.x), countLeadingZeros(magnitude.y), magnitude.y != 0u);
    let top = integer_shift_left(magnitude, zeros);
    var fraction = top.y >> 8u;
    let rest = top.y & 0xffu;
    if rest > 0x80u || (rest == 0x80u && (top.x != 0u || (fraction & 1u) == 1u)) {
        fraction += 1u;
    }
    // A fraction that was rounded up to 2^24 carries into the exponent, as it should.
    return bitcast<f32>((value.y & 0x80000000u) | (((189u - zeros) << 23u) + fraction));
}

// The 64-bit integer towards zero; not-a-number is 0, numbers out of range are the nearest in range.
fn integer_of_float(value: f32) -> vec2<u32> {
    let bits = bitcast<u32>(value);
    let exponent = (bits >> 23u) & 0xffu;
    let negative = (bits >> 31u) == 1u;
    if exponent < 127u || (bits & 0x7fffffffu) > 0x7f800000u {
        return vec2(0u, 0u);
    }
    if exponent >= 190u {
        return select(vec2(0xffffffffu, 0x7fffffffu), vec2(0u, 0x80000000u), negative);
    }
    let fraction = (bits & 0x7fffffu) | 0x800000u;
    var whole = vec2(fraction >> ((150u - exponent) & 31u), 0u);
    if exponent >= 150u {
        whole = integer_shift_left(vec2(fraction, 0u), exponent - 150u);
    }
    if negative {
        return integer_negate(whole);
    }
    return whole;
}
// end shared convert

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

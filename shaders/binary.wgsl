// binary: an operator of two numbers, applied to every pair of cells. a, b: one element type, broadcast; output: the broadcast shape.

// The operators, in the order of `Operator` in ops/binary.rs.
const ADD = 0u;
const SUB = 1u;
const MUL = 2u;
const DIV = 3u;
const FLOOR_DIV = 4u;
const REMAINDER = 5u;
const POW = 6u;
const MAXIMUM = 7u;
const MINIMUM = 8u;
const ATAN2 = 9u;
const EQ = 10u;
const NE = 11u;
const LT = 12u;
const LE = 13u;
const GT = 14u;
const GE = 15u;
const BIT_AND = 16u;
const BIT_OR = 17u;
const BIT_XOR = 18u;
const SHIFT_LEFT = 19u;
const SHIFT_RIGHT = 20u;

override OPERATOR: u32;
override DTYPE_A: u32;
override DTYPE_B: u32;
override DTYPE_OUT: u32;

@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;

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
        let bits = apply(load_a(position_of(cell, 0u)), load_b(position_of(cell, 1u)));
        word |= bits.x << shift_of(cell, DTYPE_OUT);
        if DTYPE_OUT == INT64 {
            output[cell * 2u + 1u] = bits.y;
        }
    }
    output[word_of(first, DTYPE_OUT)] = word;
}

fn load_a(position: u32) -> vec2<u32> {
    let word = word_of(position, DTYPE_A);
    if DTYPE_A == INT64 {
        return vec2(a[word], a[word + 1u]);
    }
    return vec2(bits_of(a[word], position, DTYPE_A), 0u);
}

fn load_b(position: u32) -> vec2<u32> {
    let word = word_of(position, DTYPE_B);
    if DTYPE_B == INT64 {
        return vec2(b[word], b[word + 1u]);
    }
    return vec2(bits_of(b[word], position, DTYPE_B), 0u);
}

fn apply(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    let compares = OPERATOR >= EQ && OPERATOR <= GE;
    if is_float(DTYPE_A) {
        let x = float_of(a.x, DTYPE_A);
        let y = float_of(b.x, DTYPE_B);
        if compares {
            // Nothing compares with not-a-number, but for being unequal.
            if is_nan(x) || is_nan(y) {
                return vec2(u32(OPERATOR == NE), 0u);
            }
            return vec2(u32(holds(order_of(x) < order_of(y), order_of(x) == order_of(y))), 0u);
        }
        return vec2(bits_of_float(of_floats(x, y), DTYPE_OUT), 0u);
    }
    let x = integer_of(a, DTYPE_A);
    let y = integer_of(b, DTYPE_B);
    if compares {
        return vec2(u32(holds(integer_less(x, y), all(x == y))), 0u);
    }
    return bits_of_integer(of_integers(x, y), DTYPE_OUT);
}

fn holds(less: bool, equal: bool) -> bool {
    switch OPERATOR {
        case EQ: { return equal; }
        case NE: { return !equal; }
        case LT: { return less; }
        case LE: { return less || equal; }
        case GT: { return !less && !equal; }
        default: { return !less; }
    }
}

// A key that orders floats as integers are ordered, infinities and subnormals included; both zeros have one key.
fn order_of(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    if bits >= SIGN {
        return select(~bits, SIGN, bits == SIGN);
    }
    return bits | SIGN;
}

fn of_floats(x: f32, y: f32) -> f32 {
    switch OPERATOR {
        case ADD: { return x + y; }
        case SUB: { return x - y; }
        case MUL: { return x * y; }
        case DIV: { return divide(x, y); }
        case POW: { return power(x, y); }
        default: {}
    }
    if is_nan(x) || is_nan(y) {
        return from_bits(NAN);
    }
    switch OPERATOR {
        case FLOOR_DIV: { return floor_divide(x, y); }
        case REMAINDER: { return remainder(x, y); }
        case MAXIMUM: { return select(y, x, order_of(x) > order_of(y)); }
        case MINIMUM: { return select(y, x, order_of(x) < order_of(y)); }
        default: { return arc_tangent_2(x, y); }
    }
}

fn of_integers(x: vec2<u32>, y: vec2<u32>) -> vec2<u32> {
    switch OPERATOR {
        case ADD: { return integer_add(x, y); }
        case SUB: { return integer_subtract(x, y); }
        case MUL: { return integer_multiply(x, y); }
        case DIV, FLOOR_DIV, REMAINDER: { return integer_divide(x, y); }
        case POW: { return integer_power(x, y); }
        case MAXIMUM: { return select(x, y, integer_less(x, y)); }
        case MINIMUM: { return select(y, x, integer_less(x, y)); }
        case BIT_AND: { return x & y; }
        case BIT_OR: { return x | y; }
        case BIT_XOR: { return x ^ y; }
        // A shift by the width or more, or by less than nothing, leaves no bit (the sign bit, to the right).
        case SHIFT_LEFT: { return select(vec2(0u), integer_shift_left(x, y.x & 63u), y.y == 0u && y.x < width()); }
        case SHIFT_RIGHT: { return integer_shift_right(x, select(63u, y.x, y.y == 0u && y.x < width())); }
        default: { return x; }
    }
}

// Bits of an integer of this element type.
fn width() -> u32 {
    return select(32u / cells_per_word(DTYPE_A), 64u, DTYPE_A == INT64);
}

// Python's // and %: the quotient is the floor, the rest has the divisor's sign.
// The host has refused divisors of zero.
fn integer_divide(x: vec2<u32>, y: vec2<u32>) -> vec2<u32> {
    if (y.x | y.y) == 0u {
        return vec2(0u);
    }
    let parts = divide_unsigned(integer_magnitude(x), integer_magnitude(y));
    let differ = integer_is_negative(x) != integer_is_negative(y);
    let inexact = (parts.z | parts.w) != 0u;
    if OPERATOR == REMAINDER {
        let rest = select(parts.zw, integer_negate(parts.zw), integer_is_negative(x));
        return select(rest, integer_add(rest, y), differ && inexact);
    }
    let quotient = select(parts.xy, integer_negate(parts.xy), differ);
    return select(quotient, integer_subtract(quotient, vec2(1u, 0u)), differ && inexact);
}

// Repeated squaring; a negative exponent gives 0 but for the bases 1 and -1.
fn integer_power(base: vec2<u32>, exponent: vec2<u32>) -> vec2<u32> {
    if integer_is_negative(exponent) {
        let is_unit = all(integer_magnitude(base) == vec2(1u, 0u));
        let sign = select(vec2(1u, 0u), base, (exponent.x & 1u) == 1u);
        return select(vec2(0u), sign, is_unit);
    }
    var result = vec2(1u, 0u);
    var square = base;
    for (var left = exponent; (left.x | left.y) != 0u; left = integer_shift_right(left, 1u)) {
        if (left.x & 1u) == 1u {
            result = integer_multiply(result, square);
        }
        square = integer_multiply(square, square);
    }
    return result;
}

// The remainder with the sign of x, exactly, as C's fmod: long division of the fractions, eight bits at a time.
fn truncated_remainder(x: f32, y: f32) -> f32 {
    let size = bitcast<u32>(x) & ~SIGN;
    let by = bitcast<u32>(y) & ~SIGN;
    if size == INFINITY || by == 0u {
        return from_bits(NAN);
    }
    if size < by {
        return x;
    }
    if size == by {
        return with_sign_of(0.0, x);
    }
    let dividend = whole_and_exponent(size);
    let divisor = whole_and_exponent(by);
    var rest = dividend.x % divisor.x;
    for (var left = dividend.y - divisor.y; left > 0u && rest != 0u;) {
        let step = min(left, 8u);
        rest = (rest << step) % divisor.x;
        left -= step;
    }
    return with_sign_of(of_whole_and_exponent(rest, divisor.y), x);
}

// The bits of a positive float as a whole number of units of 2^(exponent - 150).
fn whole_and_exponent(bits: u32) -> vec2<u32> {
    let exponent = bits >> 23u;
    if exponent == 0u {
        return vec2(bits, 1u);
    }
    return vec2((bits & 0x7fffffu) | 0x800000u, exponent);
}

fn of_whole_and_exponent(whole: u32, exponent: u32) -> f32 {
    if whole == 0u {
        return 0.0;
    }
    let up = min(countLeadingZeros(whole) - 8u, exponent - 1u);
    let fraction = whole << up;
    if fraction < 0x800000u {
        return bitcast<f32>(fraction);
    }
    return bitcast<f32>(((exponent - up - 1u) << 23u) + fraction);
}

fn remainder(x: f32, y: f32) -> f32 {
    let rest = truncated_remainder(x, y);
    if (bitcast<u32>(rest) & ~SIGN) != 0u && !is_nan(rest) && is_negative(y) != is_negative(rest) {
        return rest + y;
    }
    return rest;
}

// PyTorch's floor of the quotient, corrected where the rounded quotient is off by one
// (c10/util/generic_math.h, div_floor_floating).
fn floor_divide(x: f32, y: f32) -> f32 {
    if (bitcast<u32>(y) & ~SIGN) == 0u {
        return divide(x, y);
    }
    let rest = truncated_remainder(x, y);
    if is_nan(rest) {
        return rest;
    }
    var quotient = divide(x - rest, y);
    if (bitcast<u32>(rest) & ~SIGN) != 0u && is_negative(y) != is_negative(rest) {
        quotient -= 1.0;
    }
    if (bitcast<u32>(quotient) & ~SIGN) == 0u {
        return bitcast<f32>((bitcast<u32>(x) ^ bitcast<u32>(y)) & SIGN);
    }
    if !(magnitude(quotient) < 8388608.0) {
        return quotient;
    }
    let down = floor(quotient);
    return select(down, down + 1.0, quotient - down > 0.5);
}

// x^y: small whole exponents by repeated multiplication, one half by the root,
// the rest as e^(y ln(x)) with a logarithm and a product of twice the digits.
fn power(x: f32, y: f32) -> f32 {
    let one = 0x3f800000u;
    if bitcast<u32>(x) == one || (bitcast<u32>(y) & ~SIGN) == 0u {
        return 1.0;
    }
    if is_nan(x) || is_nan(y) {
        return from_bits(NAN);
    }
    let size = magnitude(x);
    if is_infinite(y) {
        if bitcast<u32>(size) == one {
            return 1.0;
        }
        return select(0.0, from_bits(INFINITY), (bitcast<u32>(size) > one) != is_negative(y));
    }
    let is_whole = magnitude(y) >= 8388608.0 || trunc(y) == y;
    let is_odd = is_whole && magnitude(y) < 16777216.0 && (u32(magnitude(y)) & 1u) == 1u;
    let sign = select(0u, bitcast<u32>(x) & SIGN, is_odd);
    if bitcast<u32>(size) == 0u || is_infinite(x) {
        let grows = is_infinite(x) != is_negative(y);
        return from_bits(sign | select(0u, INFINITY, grows));
    }
    if is_negative(x) && !is_whole {
        return from_bits(NAN);
    }
    if y == 0.5 {
        return square_root(x);
    }
    var result: f32;
    if is_whole && y >= 1.0 && y <= 4.0 {
        result = size;
        for (var i = 1.0; i < y; i += 1.0) {
            result *= size;
        }
    } else {
        result = power_by_logarithm(size, y);
    }
    return bitcast<f32>(bitcast<u32>(result) | sign);
}

fn power_by_logarithm(x: f32, y: f32) -> f32 {
    // ln(x) = n ln(2) + 2 artanh(s), s = (m - 1) / (m + 1), each part with what it lost to rounding.
    let parts = fraction_and_exponent(x);
    let top = parts.x - 1.0;
    let bottom = first_half(parts.x) + 1.0;
    let bottom_rest = parts.x - first_half(parts.x);
    let s = divide(top, parts.x + 1.0);
    let s_high = first_half(s);
    let s_low = s - s_high;
    let s_rest = (((top - s_high * bottom) - s_low * bottom) - s_high * bottom_rest) - s_low * bottom_rest;
    let z = s * s;
    let series = (((0.2222222222 * z + 0.2857142857) * z + 0.4) * z + 0.6666666667) * z * s;
    let small = 2.0 * s_rest / bottom + series - parts.y * 2.12194440e-4;
    let large = parts.y * 0.693359375;
    let high = first_half(large + 2.0 * s);
    let low = ((large - high) + 2.0 * s) + small;
    // The product of first halves is exact; the rest of the product is small.
    let product = high * first_half(y);
    let rest = high * (y - first_half(y)) + low * y;
    if product + rest > 89.0 {
        return from_bits(INFINITY);
    }
    if product + rest < -104.0 {
        return 0.0;
    }
    // Near the largest number the product alone may lie above what has an exponential while the sum lies below:
    // there the exponential is taken of half of it, twice.
    let halved = product > 88.0;
    let e = exponential(select(product, 0.5 * product, halved));
    let corrected = e + e * exponential_minus_one_near_zero(rest);
    return select(corrected, corrected * e, halved);
}

// The angle of the point (x, y), by octants and a polynomial (Cephes, atanf).
fn arc_tangent_2(y: f32, x: f32) -> f32 {
    let pi = 3.14159265;
    let rise = magnitude(y);
    let run = magnitude(x);
    var angle = 0.0;
    if is_infinite(y) || is_infinite(x) {
        angle = select(select(0.0, pi / 2.0, is_infinite(y)), pi / 4.0, is_infinite(y) && is_infinite(x));
    } else if bitcast<u32>(rise) != 0u {
        var t = divide(min(rise, run), max(rise, run));
        if t > 0.414213562 {
            t = (t - 1.0) / (t + 1.0);
            angle = pi / 4.0;
        }
        let z = t * t;
        angle += (((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1) * z * t + t;
        if rise > run {
            angle = pi / 2.0 - angle;
        }
    }
    if is_negative(x) {
        angle = pi - angle;
    }
    return with_sign_of(angle, y);
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

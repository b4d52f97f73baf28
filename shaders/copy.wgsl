// copy: the cells of a view in row-major order, converted to an element type. a: any shape and strides; output: the same shape.

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
        let bits = convert(load(position_of(cell, 0u)), DTYPE_A, DTYPE_OUT);
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

// begin shared casts
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
// end shared casts

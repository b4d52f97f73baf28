// reduce: the sum, product, mean, largest or smallest of the cells along dimensions, or whether any or all are true.
// x: any strides, as rows × n, where a row index runs over the kept dimensions and i over the reduced ones.
// output: one word a row (two for integer sums and products), which the runner narrows to the output's type.

override DTYPE: u32 = 0u;
override REDUCTION: u32 = 0u;

const SUM = 0u;
const PROD = 1u;
const MEAN = 2u;
const MAX = 3u;
const MIN = 4u;
const ANY = 5u;
const ALL = 6u;

struct Parameters {
    rows: u32,
    n: u32,
    lanes: u32,
    step: u32,
    offset: u32,
    kept_rank: u32,
    reduced_rank: u32,
    unused: u32,
    kept_shape: array<vec4<u32>, 2>,
    kept_strides: array<vec4<u32>, 2>,
    reduced_shape: array<vec4<u32>, 2>,
    reduced_strides: array<vec4<u32>, 2>,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

// A lane's result: a float or a key in the first word, or an integer in both.
var<workgroup> results: array<vec2<u32>, 256>;

// Terms that a lane adds before it adds them to its total, so that long rows keep their digits.
const BLOCK = 64u;

// Sums, products, means of floats.
@compute @workgroup_size(256)
fn floats(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let place = place(workgroup, invocation);
    let start = row_start(place.row);
    let end = select(0u, p.n, place.row < p.rows);
    let identity = select(0.0, 1.0, REDUCTION == PROD);

    var total = identity;
    for (var i = place.lane; i < end; i += p.lanes * BLOCK) {
        var block = identity;
        for (var j = i; j < min(end, i + p.lanes * BLOCK); j += p.lanes) {
            block = combine_floats(block, x_at(start + cell_shift(j)));
        }
        total = combine_floats(total, block);
    }
    results[invocation] = vec2(bitcast<u32>(total), 0u);
    workgroupBarrier();
    for (var half = p.lanes / 2u; half > 0u; half /= 2u) {
        if place.lane < half {
            let a = bitcast<f32>(results[invocation].x);
            let b = bitcast<f32>(results[invocation + half * p.step].x);
            results[invocation].x = bitcast<u32>(combine_floats(a, b));
        }
        workgroupBarrier();
    }
    if place.lane == 0u && place.row < p.rows {
        var bits = results[invocation].x;
        if REDUCTION == MEAN {
            bits = select(bitcast<u32>(divide(bitcast<f32>(bits), f32(p.n))), NAN, p.n == 0u);
        }
        output[place.row] = bits;
    }
}

// Sums and products of integers, modulo 2^64.
@compute @workgroup_size(256)
fn integers(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let place = place(workgroup, invocation);
    let start = row_start(place.row);
    let end = select(0u, p.n, place.row < p.rows);

    var total = vec2(select(0u, 1u, REDUCTION == PROD), 0u);
    for (var i = place.lane; i < end; i += p.lanes) {
        total = combine_integers(total, x_integer(start + cell_shift(i)));
    }
    results[invocation] = total;
    workgroupBarrier();
    for (var half = p.lanes / 2u; half > 0u; half /= 2u) {
        if place.lane < half {
            results[invocation] = combine_integers(results[invocation], results[invocation + half * p.step]);
        }
        workgroupBarrier();
    }
    if place.lane == 0u && place.row < p.rows {
        output[2u * place.row] = results[invocation].x;
        output[2u * place.row + 1u] = results[invocation].y;
    }
}

// The largest and the smallest by keys; any and all as the largest and the smallest truth.
@compute @workgroup_size(256)
fn extremes(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let place = place(workgroup, invocation);
    let start = row_start(place.row);
    let end = select(0u, p.n, place.row < p.rows);

    // Smallest is the largest of the complements. An empty row is false for any and true for all.
    var best = vec2(0u, 0u);
    for (var i = place.lane; i < end; i += p.lanes) {
        best = later(best, ranked(start + cell_shift(i)));
    }
    results[invocation] = best;
    workgroupBarrier();
    for (var half = p.lanes / 2u; half > 0u; half /= 2u) {
        if place.lane < half {
            results[invocation] = later(results[invocation], results[invocation + half * p.step]);
        }
        workgroupBarrier();
    }
    if place.lane == 0u && place.row < p.rows {
        best = results[invocation];
        if REDUCTION == ANY {
            output[place.row] = best.x;
        } else if REDUCTION == ALL {
            output[place.row] = 1u - best.x;
        } else if is_float(DTYPE) {
            let key = select(best.x, ~best.x, REDUCTION == MIN && best.x != NAN_KEY);
            output[place.row] = float_bits(key);
        } else {
            best = select(best, ~best, REDUCTION == MIN);
            output[2u * place.row] = best.x;
            output[2u * place.row + 1u] = best.y ^ 0x80000000u;
        }
    }
}

// A cell as an integer of (low, high), the greater the better; NaN is above all in both directions.
fn ranked(position: u32) -> vec2<u32> {
    if REDUCTION == ANY || REDUCTION == ALL {
        return vec2(select(0u, 1u, is_true(position) == (REDUCTION == ANY)), 0u);
    }
    if is_float(DTYPE) {
        let key = float_key(x_at(position));
        return vec2(select(key, ~key, REDUCTION == MIN && key != NAN_KEY), 0u);
    }
    let value = x_integer(position);
    let key = vec2(value.x, value.y ^ 0x80000000u);
    return select(key, ~key, REDUCTION == MIN);
}

fn later(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    return select(a, b, b.y > a.y || (b.y == a.y && b.x > a.x));
}

fn is_true(position: u32) -> bool {
    if is_float(DTYPE) { return (bitcast<u32>(x_at(position)) & 0x7fffffffu) != 0u; }
    let value = x_integer(position);
    return (value.x | value.y) != 0u;
}

fn combine_floats(a: f32, b: f32) -> f32 {
    if REDUCTION == PROD { return a * b; }
    return a + b;
}

fn combine_integers(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
    if REDUCTION == PROD { return integer_multiply(a, b); }
    return integer_add(a, b);
}

// Where row `row` begins in the storage.
fn row_start(row: u32) -> u32 {
    var rest = row;
    var position = p.offset;
    for (var d = p.kept_rank - 1u; d > 0u; d--) {
        let size = p.kept_shape[d / 4u][d % 4u];
        position += (rest % size) * p.kept_strides[d / 4u][d % 4u];
        rest /= size;
    }
    return position + rest * p.kept_strides[0][0];
}

// How far cell `i` of a row lies from its start.
fn cell_shift(i: u32) -> u32 {
    var rest = i;
    var shift = 0u;
    for (var d = p.reduced_rank - 1u; d > 0u; d--) {
        let size = p.reduced_shape[d / 4u][d % 4u];
        shift += (rest % size) * p.reduced_strides[d / 4u][d % 4u];
        rest /= size;
    }
    return shift + rest * p.reduced_strides[0][0];
}

fn x_at(i: u32) -> f32 {
    return float_of(bits_of(x[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn x_integer(i: u32) -> vec2<u32> {
    let word = word_of(i, DTYPE);
    return integer_of(vec2(bits_of(x[word], i, DTYPE), x[word + select(0u, 1u, DTYPE == INT64)]), DTYPE);
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

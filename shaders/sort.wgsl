// sort: the order of the cells along a dimension, stable, NaN last ascending and first descending.
// x: outer × n × inner cells, contiguous; output: the same shape, int64: the index of the cell that comes i-th.
//
// Batcher's bitonic sort of (key, index) pairs, all comparisons upwards: the first step of a merge compares
// mirror images, so cells past n, greater than all others, stay at the end and need no memory.
// Indices break ties, so the order is stable. Rows longer than BLOCK are sorted by blocks (`blocks`), then
// merged: distances over a block by `exchange` in the output itself, the rest by `merge`.
//
// `top` puts the first k of a row in front instead, step by step as `crate/tensor/src/cpu/top.rs` does.

override DTYPE: u32 = 0u;
override DESCENDING: u32 = 0u;

struct Parameters {
    rows: u32,
    n: u32,
    inner: u32,
    // n rounded up to a power of two.
    padded: u32,
    // `exchange`: how many cells a merge runs over, and how far apart it compares; 0 for mirror images.
    merged: u32,
    distance: u32,
    // `top`: how many come first, and whether these are in order.
    k: u32,
    is_sorted: u32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

const BLOCK = 1024u;

var<workgroup> keys: array<vec2<u32>, 1024>;
var<workgroup> indices: array<u32, 1024>;

// Sorts each block, or several rows at once where they are shorter than a block.
@compute @workgroup_size(256)
fn blocks(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let first = (workgroup.x + workgroup.y * 65535u) * BLOCK;
    for (var slot = invocation; slot < BLOCK; slot += 256u) {
        let i = (first + slot) % p.padded;
        load(slot, (first + slot) / p.padded, i, i);
    }
    workgroupBarrier();
    for (var merged = 2u; merged <= min(p.padded, BLOCK); merged *= 2u) {
        for (var pair = invocation; pair < BLOCK / 2u; pair += 256u) {
            compare(mirror_pair(pair, merged));
        }
        workgroupBarrier();
        for (var distance = merged / 4u; distance > 0u; distance /= 2u) {
            for (var pair = invocation; pair < BLOCK / 2u; pair += 256u) {
                compare(shifted_pair(pair, distance));
            }
            workgroupBarrier();
        }
    }
    for (var slot = invocation; slot < BLOCK; slot += 256u) {
        store(slot, (first + slot) / p.padded, (first + slot) % p.padded);
    }
}

// Ends a merge within each block: the distances below a block.
@compute @workgroup_size(256)
fn merge(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let first = (workgroup.x + workgroup.y * 65535u) * BLOCK;
    let row = first / p.padded;
    for (var slot = invocation; slot < BLOCK; slot += 256u) {
        let i = (first + slot) % p.padded;
        var index = i;
        if row < p.rows && i < p.n { index = output[2u * position(row, i)]; }
        load(slot, row, i, index);
    }
    workgroupBarrier();
    for (var distance = BLOCK / 2u; distance > 0u; distance /= 2u) {
        for (var pair = invocation; pair < BLOCK / 2u; pair += 256u) {
            compare(shifted_pair(pair, distance));
        }
        workgroupBarrier();
    }
    for (var slot = invocation; slot < BLOCK; slot += 256u) {
        store(slot, row, (first + slot) % p.padded);
    }
}

// One step of a merge over distances of a block and more.
@compute @workgroup_size(256)
fn exchange(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let number = (workgroup.x + workgroup.y * 65535u) * 256u + invocation;
    let row = number / (p.padded / 2u);
    let within = number % (p.padded / 2u);
    var pair = shifted_pair(within, max(p.distance, 1u));
    if p.distance == 0u { pair = mirror_pair(within, p.merged); }
    if row >= p.rows || pair.y >= p.n { return; }
    let a = 2u * position(row, pair.x);
    let b = 2u * position(row, pair.y);
    let index_a = output[a];
    let index_b = output[b];
    if is_after(key_at(position(row, index_a)), index_a, key_at(position(row, index_b)), index_b) {
        output[a] = index_b;
        output[b] = index_a;
    }
}

// The row that an invocation of `top` has for itself.
var<private> own_row: u32;

// The first k of a row, in the order in which libstdc++'s algorithms leave them: see `crate/tensor/src/cpu/top.rs`.
// Compilers copy every function to where it is called, so that each is called in one place: once to select the k-th,
// and once more to sort those before it.
@compute @workgroup_size(64)
fn top(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    own_row = (workgroup.x + workgroup.y * 65535u) * 64u + invocation;
    if own_row >= p.rows { return; }
    for (var i = 0u; i < p.n; i++) {
        put(i, i);
        output[2u * position(own_row, i) + 1u] = 0u;
    }
    if p.k == 0u { return; }
    let is_small = p.k * 64u <= p.n;
    // What lies behind a cut waits: no more than there are cuts.
    var waiting: array<vec3<u32>, 24>;
    for (var phase = 0u; phase < 1u + p.is_sorted; phase++) {
        let selects = phase == 0u;
        var first = 0u;
        var last = select(p.k - 1u, p.n, selects);
        var is_selected = false;
        waiting[0] = vec3(0u, last, select(2u * firstLeadingBit(max(last, 1u)), 0u, is_small));
        var count = 1u;
        while count > 0u {
            count -= 1u;
            first = waiting[count].x;
            last = waiting[count].y;
            var depth = waiting[count].z;
            while last - first > select(16u, 3u, selects) {
                if depth == 0u {
                    take_from_heap(first, select(last, p.k, selects), last, is_small || !selects);
                    if is_small { return; }
                    if selects { swap(first, p.k - 1u); }
                    is_selected = selects;
                    break;
                }
                depth -= 1u;
                let cut = cut_of(first, last);
                if !selects {
                    waiting[count] = vec3(cut, last, depth);
                    count += 1u;
                    last = cut;
                } else if cut < p.k {
                    first = cut;
                } else {
                    last = cut;
                }
            }
        }
        if !selects {
            first = 0u;
            last = p.k - 1u;
        }
        if !is_selected { sort_by_insertion(first, last); }
    }
}

// Cells before the median of three in front of those after it; where the latter begin.
fn cut_of(first: u32, last: u32) -> u32 {
    let a = first + 1u;
    let b = first + (last - first) / 2u;
    let c = last - 1u;
    let x = key_of(at(a));
    let y = key_of(at(b));
    let z = key_of(at(c));
    var median = a;
    if precedes(x, y) {
        median = select(select(a, c, precedes(x, z)), b, precedes(y, z));
    } else if !precedes(x, z) {
        median = select(b, c, precedes(y, z));
    }
    swap(first, median);
    let pivot = key_of(at(first));
    var low = first + 1u;
    var high = last;
    loop {
        while precedes(key_of(at(low)), pivot) { low += 1u; }
        high -= 1u;
        while precedes(pivot, key_of(at(high))) { high -= 1u; }
        if low >= high { break; }
        swap(low, high);
        low += 1u;
    }
    return low;
}

fn sort_by_insertion(first: u32, last: u32) {
    for (var i = first + 1u; i < last; i++) {
        let cell = at(i);
        let key = key_of(cell);
        var hole = i;
        while hole > first {
            let before = at(hole - 1u);
            if !precedes(key, key_of(before)) { break; }
            put(hole, before);
            hole -= 1u;
        }
        put(hole, cell);
    }
}

// The foremost of first … last into a heap up to `middle`: it is made, others take the place of its last, and it is
// taken down from behind if its cells are to be in order.
fn take_from_heap(first: u32, middle: u32, last: u32, sorts: bool) {
    let length = middle - first;
    let made = length / 2u;
    let seen = made + last - middle;
    for (var step = 0u; step < seen + select(0u, length - 1u, sorts); step++) {
        var top = 0u;
        var end = length;
        var cell = at(first);
        if step < made {
            top = made - 1u - step;
            cell = at(first + top);
        } else if step < seen {
            cell = at(middle + step - made);
            if !precedes(key_of(cell), key_of(at(first))) { continue; }
            put(middle + step - made, at(first));
        } else {
            end = length - 1u - (step - seen);
            cell = at(first + end);
            put(first + end, at(first));
        }
        sift(first, top, end, cell);
    }
}

fn sift(first: u32, top: u32, length: u32, cell: u32) {
    var hole = top;
    while 2u * hole + 2u < length {
        let right = 2u * hole + 2u;
        let child = right - u32(precedes(key_of(at(first + right)), key_of(at(first + right - 1u))));
        put(first + hole, at(first + child));
        hole = child;
    }
    if 2u * hole + 2u == length {
        put(first + hole, at(first + length - 1u));
        hole = length - 1u;
    }
    let key = key_of(cell);
    while hole > top {
        let parent = at(first + (hole - 1u) / 2u);
        if !precedes(key_of(parent), key) { break; }
        put(first + hole, parent);
        hole = (hole - 1u) / 2u;
    }
    put(first + hole, cell);
}

fn at(i: u32) -> u32 {
    return output[2u * position(own_row, i)];
}

fn put(i: u32, cell: u32) {
    output[2u * position(own_row, i)] = cell;
}

fn swap(i: u32, j: u32) {
    let cell = at(i);
    put(i, at(j));
    put(j, cell);
}

fn key_of(cell: u32) -> vec2<u32> {
    return key_at(position(own_row, cell));
}

fn precedes(a: vec2<u32>, b: vec2<u32>) -> bool {
    return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// Pair number `pair` of cells that mirror each other in runs of `merged` cells.
fn mirror_pair(pair: u32, merged: u32) -> vec2<u32> {
    let half = merged / 2u;
    let first = pair / half * merged;
    return vec2(first + pair % half, first + merged - 1u - pair % half);
}

// Pair number `pair` of cells that are `distance` apart.
fn shifted_pair(pair: u32, distance: u32) -> vec2<u32> {
    let a = pair / distance * 2u * distance + pair % distance;
    return vec2(a, a + distance);
}

fn compare(pair: vec2<u32>) {
    let key_a = keys[pair.x];
    let key_b = keys[pair.y];
    let index_a = indices[pair.x];
    let index_b = indices[pair.y];
    if is_after(key_a, index_a, key_b, index_b) {
        keys[pair.x] = key_b;
        keys[pair.y] = key_a;
        indices[pair.x] = index_b;
        indices[pair.y] = index_a;
    }
}

fn is_after(key_a: vec2<u32>, index_a: u32, key_b: vec2<u32>, index_b: u32) -> bool {
    if key_a.y != key_b.y { return key_a.y > key_b.y; }
    if key_a.x != key_b.x { return key_a.x > key_b.x; }
    return index_a > index_b;
}

fn load(slot: u32, row: u32, i: u32, index: u32) {
    keys[slot] = vec2(0xffffffffu);
    indices[slot] = 0xffffffffu;
    if row < p.rows && i < p.n {
        keys[slot] = key_at(position(row, index));
        indices[slot] = index;
    }
}

fn store(slot: u32, row: u32, i: u32) {
    if row < p.rows && i < p.n {
        output[2u * position(row, i)] = indices[slot];
        output[2u * position(row, i) + 1u] = 0u;
    }
}

fn position(row: u32, i: u32) -> u32 {
    return (row / p.inner * p.n + i) * p.inner + row % p.inner;
}

// A cell as an integer of (low, high), the smaller the earlier.
fn key_at(i: u32) -> vec2<u32> {
    let word = word_of(i, DTYPE);
    var key: vec2<u32>;
    if is_float(DTYPE) {
        key = vec2(float_key(float_of(bits_of(x[word], i, DTYPE), DTYPE)), 0u);
    } else {
        let value = integer_of(vec2(bits_of(x[word], i, DTYPE), x[word + select(0u, 1u, DTYPE == INT64)]), DTYPE);
        key = vec2(value.x, value.y ^ 0x80000000u);
    }
    return select(key, ~key, DESCENDING == 1u);
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

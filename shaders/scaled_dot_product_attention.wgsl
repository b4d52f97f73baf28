// scaled_dot_product_attention: softmax(q · kᵀ · scale + mask) · v, without the T × S matrix in memory.
// q: (.., H, T, D), k: (.., G, S, D), v: (.., G, S, Dv), mask: broadcast to (.., H, T, S), all of any strides;
// output: (.., H, T, Dv), float32. Keys stream past in tiles; maxima and sums are corrected as they grow
// (Dao et al., FlashAttention, arXiv:2205.14135, algorithm 1).

override DTYPE: u32 = 0u;
override MASK: u32 = 0u;

// How MASK counts: the codes of element types of floats and of bool, or none.
const NO_MASK = 99u;

struct Parameters {
    queries: u32,
    keys: u32,
    depth: u32,
    value_depth: u32,
    groups: u32,
    heads_per_group: u32,
    batches: u32,
    rank: u32,
    scale: f32,
    causal: u32,
    window: u32,
    negative_infinity: f32,
    // Of q, k, v and mask: the offset, and the strides of a head, a row and a column.
    offsets: vec4<u32>,
    heads: vec4<u32>,
    rows: vec4<u32>,
    columns: vec4<u32>,
    // Of the dimensions before the heads: their sizes, and for each the strides of q, k, v and mask.
    batch_shape: array<vec4<u32>, 2>,
    batch_strides: array<vec4<u32>, 5>,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> q: array<u32>;
@group(0) @binding(2) var<storage, read> k: array<u32>;
@group(0) @binding(3) var<storage, read> v: array<u32>;
@group(0) @binding(4) var<storage, read> mask: array<u32>;
@group(0) @binding(5) var<storage, read_write> output: array<u32>;

// A workgroup computes ROWS rows of queries by VALUES columns of values from KEYS keys at a time.
// The rows are those of all heads of a group one after another: they share the group's keys.
const ROWS = 32u;
const KEYS = 32u;
const VALUES = 128u;
// Columns of q and k, and of v, that lie in workgroup memory at a time.
const DEPTH = 16u;
const STRIP = 32u;

const LOWEST = -3.4028234e38;

// Rows of q and k lie as fours of columns, with room for one more, so that neighbours do not meet in one memory bank.
const PITCH = 5u;

var<workgroup> q_tile: array<vec4<f32>, 160>; // ROWS × PITCH
var<workgroup> k_tile: array<vec4<f32>, 160>; // KEYS × PITCH
var<workgroup> v_tile: array<vec4<f32>, 256>; // KEYS × STRIP / 4
var<workgroup> scores: array<f32, 1056>; // ROWS × (KEYS + 1), then their exponentials
var<workgroup> parts: array<f32, 256>; // eight a row
var<workgroup> row_max: array<f32, 32>;
var<workgroup> row_sum: array<f32, 32>;
var<workgroup> row_correction: array<f32, 32>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let rows = p.heads_per_group * p.queries;
    let row_tiles = (rows + ROWS - 1u) / ROWS;
    let chunks = (p.value_depth + VALUES - 1u) / VALUES;
    let number = workgroup.x + workgroup.y * 65535u;
    let first_value = number % chunks * VALUES;
    let first_row = number / chunks % row_tiles * ROWS;
    let group = number / (chunks * row_tiles) % p.groups;
    let batch = number / (chunks * row_tiles * p.groups);
    if batch >= p.batches { return; }

    let starts = batch_starts(batch);
    let first_head = group * p.heads_per_group;
    let k_start = starts.y + group * p.heads.y;
    let v_start = starts.z + group * p.heads.z;
    let y = invocation / 16u;
    let x = invocation % 16u;
    // After the scores an invocation is one of eight at work on a row.
    let row = invocation / 8u;
    let part = invocation % 8u;
    if invocation < ROWS {
        row_max[invocation] = LOWEST;
        row_sum[invocation] = 0.0;
    }

    // Keys that no row of the tile sees are passed over.
    let last_row = min(first_row + ROWS, rows) - 1u;
    let one_head = first_row / p.queries == last_row / p.queries;
    let first_query = select(0u, first_row % p.queries, one_head);
    let last_query = select(p.queries - 1u, last_row % p.queries, one_head);
    var first_key = 0u;
    if p.window > 0u && first_query + 1u > p.window {
        first_key = (first_query + 1u - p.window) / KEYS * KEYS;
    }
    let end_key = select(p.keys, min(p.keys, last_query + 1u), p.causal == 1u);

    var sums: array<vec4<f32>, 4>;
    for (; first_key < end_key; first_key += KEYS) {
        // Scores: an invocation computes rows y and y + 16 by keys x and x + 16.
        var dots = vec4(0.0);
        for (var first_depth = 0u; first_depth < p.depth; first_depth += DEPTH) {
            // The first half of the workgroup loads q, the second k: a four each.
            let line = invocation % 128u / 4u;
            let depth = first_depth + invocation % 4u * 4u;
            let columns = min(4u, max(p.depth, depth) - depth);
            var four = vec4(0.0);
            if invocation < 128u {
                let row = first_row + line;
                let head = first_head + row / p.queries;
                let at = starts.x + head * p.heads.x + row % p.queries * p.rows.x + depth * p.columns.x;
                for (var i = 0u; i < 4u; i++) {
                    if i < columns && row < rows { four[i] = q_at(at + i * p.columns.x); }
                }
                q_tile[line * PITCH + invocation % 4u] = four;
            } else {
                let key = first_key + line;
                let at = k_start + key * p.rows.y + depth * p.columns.y;
                for (var i = 0u; i < 4u; i++) {
                    if i < columns && key < p.keys { four[i] = k_at(at + i * p.columns.y); }
                }
                k_tile[line * PITCH + invocation % 4u] = four;
            }
            workgroupBarrier();
            for (var d = 0u; d < DEPTH / 4u; d++) {
                let q0 = q_tile[y * PITCH + d];
                let q1 = q_tile[(y + 16u) * PITCH + d];
                let k0 = k_tile[x * PITCH + d];
                let k1 = k_tile[(x + 16u) * PITCH + d];
                dots += vec4(dot(q0, k0), dot(q0, k1), dot(q1, k0), dot(q1, k1));
            }
            workgroupBarrier();
        }
        for (var i = 0u; i < 4u; i++) {
            let line = y + 16u * (i / 2u);
            let key = x + 16u * (i % 2u);
            scores[line * (KEYS + 1u) + key] =
                masked(dots[i] * p.scale, first_row + line, first_key + key, rows, first_head, starts.w);
        }
        workgroupBarrier();

        // Maxima and sums: eight invocations a row, four keys each.
        var largest = LOWEST;
        for (var key = part; key < KEYS; key += 8u) {
            let score = scores[row * (KEYS + 1u) + key];
            if !is_masked(score) { largest = max(largest, score); }
        }
        parts[invocation] = largest;
        workgroupBarrier();
        let old_max = row_max[row];
        var new_max = old_max;
        for (var i = 0u; i < 8u; i++) {
            new_max = max(new_max, parts[row * 8u + i]);
        }
        var sum = 0.0;
        for (var key = part; key < KEYS; key += 8u) {
            let at = row * (KEYS + 1u) + key;
            let score = scores[at];
            var weight = 0.0;
            if !is_masked(score) { weight = exponential(score - new_max); }
            scores[at] = weight;
            sum += weight;
        }
        workgroupBarrier();
        parts[invocation] = sum;
        workgroupBarrier();
        if part == 0u {
            let old_weight = exponential(old_max - new_max);
            var total = row_sum[row] * old_weight;
            for (var i = 0u; i < 8u; i++) {
                total += parts[invocation + i];
            }
            row_sum[row] = total;
            row_max[row] = new_max;
            row_correction[row] = old_weight;
        }
        workgroupBarrier();

        // Values: an invocation adds to four columns of its row in each strip.
        let correction = row_correction[row];
        for (var strip = 0u; strip < VALUES / STRIP; strip++) {
            let first_column = first_value + strip * STRIP;
            if first_column >= p.value_depth { break; }
            let key = first_key + invocation / 8u;
            let column = first_column + 4u * part;
            let at = v_start + key * p.rows.z + column * p.columns.z;
            let columns = min(4u, max(p.value_depth, column) - column);
            var four = vec4(0.0);
            for (var i = 0u; i < 4u; i++) {
                if i < columns && key < p.keys { four[i] = v_at(at + i * p.columns.z); }
            }
            v_tile[invocation] = four;
            workgroupBarrier();
            var sum = sums[strip] * correction;
            for (var i = 0u; i < KEYS; i++) {
                sum += scores[row * (KEYS + 1u) + i] * v_tile[i * 8u + part];
            }
            sums[strip] = sum;
            workgroupBarrier();
        }
    }

    workgroupBarrier();
    if first_row + row >= rows { return; }
    let line = (batch * p.groups + group) * rows + first_row + row;
    let total = row_sum[row];
    for (var i = 0u; i < 16u; i++) {
        let column = first_value + i / 4u * STRIP + 4u * part + i % 4u;
        if column < p.value_depth {
            // A row that sees no key is 0, as in PyTorch.
            let value = select(divide(sums[i / 4u][i % 4u], total), 0.0, total == 0.0);
            output[line * p.value_depth + column] = bitcast<u32>(value);
        }
    }
}

// The score after scale, causal order, window and mask; -inf where the key is hidden.
fn masked(score: f32, row: u32, key: u32, rows: u32, first_head: u32, mask_start: u32) -> f32 {
    if row >= rows || key >= p.keys { return p.negative_infinity; }
    let query = row % p.queries;
    if p.causal == 1u && key > query { return p.negative_infinity; }
    if p.window > 0u && key + p.window <= query { return p.negative_infinity; }
    if MASK == NO_MASK { return score; }
    let head = first_head + row / p.queries;
    let position = mask_start + head * p.heads.w + query * p.rows.w + key * p.columns.w;
    let word = mask[word_of(position, MASK)];
    if MASK == BOOL {
        let seen = bits_of(word, position, MASK);
        return select(p.negative_infinity, score, seen != 0u);
    }
    let bias = float_of(bits_of(word, position, MASK), MASK);
    return select(score + bias, p.negative_infinity, is_masked(bias));
}

fn is_masked(score: f32) -> bool {
    return bitcast<u32>(score) == 0xff800000u;
}

// Where batch number `batch` begins in q, k, v and mask.
fn batch_starts(batch: u32) -> vec4<u32> {
    var rest = batch;
    var starts = p.offsets;
    for (var d = p.rank; d > 0u; d--) {
        let size = p.batch_shape[(d - 1u) / 4u][(d - 1u) % 4u];
        starts += rest % size * p.batch_strides[d - 1u];
        rest /= size;
    }
    return starts;
}

fn q_at(i: u32) -> f32 {
    return float_of(bits_of(q[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn k_at(i: u32) -> f32 {
    return float_of(bits_of(k[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn v_at(i: u32) -> f32 {
    return float_of(bits_of(v[word_of(i, DTYPE)], i, DTYPE), DTYPE);
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

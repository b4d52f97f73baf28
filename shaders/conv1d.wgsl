// conv1d: output[b, o, l] = bias[o] + Σ_c Σ_k weight[o, c, k] · x[b, c, l · stride - padding + k · dilation].
// x: (B, C, L), weight: (O, C / groups, K), bias: (O), all contiguous; output: (B, O, L'), float32.

override DTYPE: u32 = 0u;
override HAS_BIAS: u32 = 0u;

struct Parameters {
    batches: u32,
    groups: u32,
    // Channels of the input and of the output within a group.
    inputs: u32,
    outputs: u32,
    length: u32,
    output_length: u32,
    kernel: u32,
    stride: u32,
    padding: u32,
    dilation: u32,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> weight: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<u32>;
@group(0) @binding(4) var<storage, read_write> output: array<u32>;

// The convolution of a group is a matrix product: weights (outputs, inputs · K) by windows of x (inputs · K, L').
// A workgroup computes TILE × TILE cells, an invocation 4 × 4 of them, as in matmul.
const TILE = 64u;
const DEPTH = 16u;
const PITCH = 17u;

var<workgroup> weight_tile: array<vec4<f32>, 272>; // DEPTH × PITCH
var<workgroup> window_tile: array<vec4<f32>, 272>;

@compute @workgroup_size(256)
fn tiled(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let tiles_o = (p.outputs + TILE - 1u) / TILE;
    let tiles_l = (p.output_length + TILE - 1u) / TILE;
    let number = workgroup.x + workgroup.y * 65535u;
    let first_l = number % tiles_l * TILE;
    let first_o = number / tiles_l % tiles_o * TILE;
    let group = number / (tiles_l * tiles_o) % p.groups;
    let batch = number / (tiles_l * tiles_o * p.groups);
    if batch >= p.batches { return; }
    let row = invocation / 16u;
    let column = invocation % 16u;
    let terms = p.inputs * p.kernel;

    var sums: array<vec4<f32>, 4>;
    for (var first_term = 0u; first_term < terms; first_term += DEPTH) {
        // An invocation loads the weights of four channels, and four neighbouring cells of the windows.
        var weights = vec4(0.0);
        var windows = vec4(0.0);
        for (var i = 0u; i < 4u; i++) {
            let o = first_o + 4u * row + i;
            if o < p.outputs && first_term + column < terms {
                weights[i] = weight_at((group * p.outputs + o) * terms + first_term + column);
            }
            let l = first_l + 4u * column + i;
            if l < p.output_length && first_term + row < terms {
                windows[i] = window(batch, group, first_term + row, l);
            }
        }
        weight_tile[column * PITCH + row] = weights;
        window_tile[row * PITCH + column] = windows;
        workgroupBarrier();
        for (var term = 0u; term < DEPTH; term++) {
            let rows = weight_tile[term * PITCH + row];
            let columns = window_tile[term * PITCH + column];
            sums[0] += rows.x * columns;
            sums[1] += rows.y * columns;
            sums[2] += rows.z * columns;
            sums[3] += rows.w * columns;
        }
        workgroupBarrier();
    }
    for (var i = 0u; i < 4u; i++) {
        let o = first_o + 4u * row + i;
        for (var j = 0u; j < 4u; j++) {
            let l = first_l + 4u * column + j;
            if o < p.outputs && l < p.output_length {
                store(batch, group * p.outputs + o, l, sums[i][j]);
            }
        }
    }
}

// Few output channels a group, as in depthwise convolution: an invocation computes a cell.
@compute @workgroup_size(256)
fn direct(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let number = (workgroup.x + workgroup.y * 65535u) * 256u + invocation;
    let channels = p.groups * p.outputs;
    let l = number % p.output_length;
    let o = number / p.output_length % channels;
    let batch = number / (p.output_length * channels);
    if batch >= p.batches { return; }
    let terms = p.inputs * p.kernel;
    var sum = 0.0;
    for (var term = 0u; term < terms; term++) {
        sum += weight_at(o * terms + term) * window(batch, o / p.outputs, term, l);
    }
    store(batch, o, l, sum);
}

// The cell of x that meets weight number `term` of a channel at `l`, 0 in the padding.
fn window(batch: u32, group: u32, term: u32, l: u32) -> f32 {
    let position = l * p.stride + term % p.kernel * p.dilation;
    if position < p.padding || position - p.padding >= p.length { return 0.0; }
    let channel = group * p.inputs + term / p.kernel;
    let i = (batch * p.groups * p.inputs + channel) * p.length + position - p.padding;
    return float_of(bits_of(x[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn weight_at(i: u32) -> f32 {
    return float_of(bits_of(weight[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn store(batch: u32, o: u32, l: u32, sum: f32) {
    var value = sum;
    if HAS_BIAS == 1u { value += float_of(bits_of(bias[word_of(o, DTYPE)], o, DTYPE), DTYPE); }
    output[(batch * p.groups * p.outputs + o) * p.output_length + l] = bitcast<u32>(value);
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

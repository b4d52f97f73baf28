// gather: cells picked along a dimension by an index tensor. x: any strides; index: int64, any strides; output: the index's shape.

override DTYPE_A: u32;
override DTYPE_B: u32;
override DTYPE_OUT: u32;

@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
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
        let bits = picked(cell);
        word |= bits.x << shift_of(cell, DTYPE_OUT);
        if DTYPE_OUT == INT64 {
            output[cell * 2u + 1u] = bits.y;
        }
    }
    output[word_of(first, DTYPE_OUT)] = word;
}

// The layout of x has stride 0 along the dimension; its stride there and its size are the extra parameters.
fn picked(cell: u32) -> vec2<u32> {
    var i = bitcast<i32>(index[position_of(cell, 1u) * 2u]);
    if i < 0 {
        i += i32(parameters.extra.y);
    }
    let position = bitcast<u32>(bitcast<i32>(position_of(cell, 0u)) + i * bitcast<i32>(parameters.extra.x));
    let word = word_of(position, DTYPE_OUT);
    if DTYPE_OUT == INT64 {
        return vec2(x[word], x[word + 1u]);
    }
    return vec2(bits_of(x[word], position, DTYPE_OUT), 0u);
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

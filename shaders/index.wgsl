// index: rows of x picked by index tensors for its leading dimensions. x: row-major; indices: int64, one shape I; output: I + the rest of x.
// rank, shape: the number and sizes of the indexed dimensions; extra.x: the cells of a row. Unused index bindings repeat the first.

override DTYPE_OUT: u32;

@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read> index_0: array<u32>;
@group(0) @binding(3) var<storage, read> index_1: array<u32>;
@group(0) @binding(4) var<storage, read> index_2: array<u32>;
@group(0) @binding(5) var<storage, read> index_3: array<u32>;
@group(0) @binding(6) var<storage, read> index_4: array<u32>;
@group(0) @binding(7) var<storage, read_write> output: array<u32>;

// One invocation writes one word, or the two words of an int64.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let cells = cells_per_word(DTYPE_OUT);
    let first = ((group.x + group.y * 65535u) * 64u + lane) * cells;
    if first >= parameters.count {
        return;
    }
    let row_cells = parameters.extra.x;
    var word = 0u;
    for (var cell = first; cell < min(first + cells, parameters.count); cell++) {
        let position = row_at(cell / row_cells) * row_cells + cell % row_cells;
        let from_word = word_of(position, DTYPE_OUT);
        word |= bits_of(x[from_word], position, DTYPE_OUT) << shift_of(cell, DTYPE_OUT);
        if DTYPE_OUT == INT64 {
            output[cell * 2u + 1u] = x[from_word + 1u];
        }
    }
    output[word_of(first, DTYPE_OUT)] = word;
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

// begin shared indices
// The number of the row that the index tensors name at a place; negative indices count from the end.
fn row_at(place: u32) -> u32 {
    var row = 0u;
    for (var d = 0u; d < parameters.rank; d++) {
        let size = parameters.shape[d / 4u][d % 4u];
        var i = bitcast<i32>(index_at(d, place * 2u));
        if i < 0 {
            i += i32(size);
        }
        row = row * size + u32(i);
    }
    return row;
}

// A word of an index tensor.
fn index_at(d: u32, word: u32) -> u32 {
    switch d {
        case 0u: { return index_0[word]; }
        case 1u: { return index_1[word]; }
        case 2u: { return index_2[word]; }
        case 3u: { return index_3[word]; }
        default: { return index_4[word]; }
    }
}
// end shared indices

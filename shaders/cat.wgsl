// cat: tensors one after another along a dimension. A dispatch puts up to four; a run is the cells from `dim` on.

struct Parameters {
    // Cells of these tensors.
    count: u32,
    // Cells of them and of the output for each cell of the dimensions before `dim`, and where the first starts in the latter.
    run: u32,
    output_run: u32,
    start: u32,
    // Where in a run each tensor ends.
    ends: vec4<u32>,
}

override DTYPE_OUT: u32;

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read> c: array<u32>;
@group(0) @binding(4) var<storage, read> d: array<u32>;
@group(0) @binding(5) var<storage, read_write> atomic_output: array<atomic<u32>>;

// One invocation moves one cell.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let number = (group.x + group.y * 65535u) * 64u + lane;
    if number >= parameters.count {
        return;
    }
    let outer = number / parameters.run;
    let place = number % parameters.run;
    let ends = parameters.ends;
    let input = dot(vec4<u32>(vec4(place) >= ends), vec4(1u));
    let begin = select(0u, ends[max(input, 1u) - 1u], input > 0u);
    let cell = outer * (ends[input] - begin) + place - begin;
    let word = word_of(cell, DTYPE_OUT);
    var bits = vec2(bits_of(word_at(input, word), cell, DTYPE_OUT), 0u);
    if DTYPE_OUT == INT64 {
        bits.y = word_at(input, word + 1u);
    }
    set_cell(outer * parameters.output_run + parameters.start + place, bits);
}

fn word_at(input: u32, word: u32) -> u32 {
    switch input {
        case 0u: { return a[word]; }
        case 1u: { return b[word]; }
        case 2u: { return c[word]; }
        default: { return d[word]; }
    }
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

// begin shared stores
// Cells of atomic_output, set or added to whoever else writes the same word.
fn set_cell(cell: u32, bits: vec2<u32>) {
    let word = word_of(cell, DTYPE_OUT);
    if cells_per_word(DTYPE_OUT) == 1u {
        atomicStore(&atomic_output[word], bits.x);
        if DTYPE_OUT == INT64 {
            atomicStore(&atomic_output[word + 1u], bits.y);
        }
        return;
    }
    let shift = shift_of(cell, DTYPE_OUT);
    let others = ~(mask_of(DTYPE_OUT) << shift);
    var old = atomicLoad(&atomic_output[word]);
    loop {
        let result = atomicCompareExchangeWeak(&atomic_output[word], old, (old & others) | (bits.x << shift));
        if result.exchanged {
            break;
        }
        old = result.old_value;
    }
}
// end shared stores

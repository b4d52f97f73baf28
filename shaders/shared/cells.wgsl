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

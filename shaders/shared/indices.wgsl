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

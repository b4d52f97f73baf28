// scaled_dot_product_attention: softmax(q · kᵀ · scale + mask) · v, without the T × S matrix in memory.
// q: (.., H, T, D), k: (.., G, S, D), v: (.., G, S, Dv), mask: broadcast to (.., H, T, S), all of any strides;
// output: (.., H, T, Dv), float32. Keys stream past in tiles; maxima and sums are corrected as they grow
// (Dao et al., FlashAttention, arXiv:2205.14135, algorithm 1).

override DTYPE: u32 = 0u;
override MASK: u32 = 0u;
// 1 where lines of q, k and v are whole fours of float32.
override FOURS: u32 = 0u;

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
    unused: u32,
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
@group(0) @binding(1) var<storage, read> q_fours: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> k_fours: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> v_fours: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> mask: array<u32>;
@group(0) @binding(5) var<storage, read_write> output: array<u32>;
@group(0) @binding(5) var<storage, read_write> output_fours: array<vec4<f32>>;

// What stands for the score of a key that is hidden, and the least score of one that is not.
const LOWEST = -3.4028234e38;
const LOW = -3.0e38;
const LANES = vec4(0u, 1u, 2u, 3u);

// A workgroup computes ROWS rows of queries by VALUES columns of values, from KEYS keys at a time.
// The rows are those of all heads of a group one after another: they share the group's keys.
// In its registers an invocation has the scores of eight rows, y + 8 i, and four keys, 4 x + j, and of the values' sums
// the same rows by columns 4 x + j of each STRIP. A block of 4 × 4 is a matrix of WGSL with a column for each row.
const ROWS = 64u;
const KEYS = 64u;
const VALUES = 128u;
const STRIP = 64u;
// Columns of q and k, and keys of the weights and v, that lie in the workgroup's memory at a time.
const STEP = 16u;

// By y and by x, so that all that an invocation reads lies at constant places behind one that it finds once; and with
// room for more, so that neighbours do not meet in one memory bank.
var<workgroup> left: array<array<vec4<f32>, 36>, 8>; // fours of its eight rows: of q, then of the weights
var<workgroup> right: array<array<vec4<f32>, 17>, 16>; // fours of its four keys of k, then its four columns of each key of v
var<workgroup> parts: array<array<vec4<f32>, 32>, 8>; // of each x the maxima, and at last the sums, of the eight rows

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let rows = p.heads_per_group * p.queries;
    let tiles = (rows + ROWS - 1u) / ROWS;
    let chunks = (p.value_depth + VALUES - 1u) / VALUES;
    let number = workgroup.x + workgroup.y * 65535u;
    let first_value = number % chunks * VALUES;
    let group = number / chunks % p.groups;
    let batch = number / (chunks * p.groups) % p.batches;
    let tile = number / (chunks * p.groups * p.batches);
    if tile >= tiles { return; }
    // In causal order the last rows see the most keys: they begin first.
    let first_row = (tiles - 1u - tile) * ROWS;

    let starts = batch_starts(batch) + vec4(0u, group, group, 0u) * p.heads;
    let first_head = group * p.heads_per_group;
    let y = invocation / 16u;
    let x = invocation % 16u;
    let rows_0 = min(first_row + y + 8u * LANES, vec4(rows - 1u));
    let rows_1 = min(first_row + y + 8u * LANES + 32u, vec4(rows - 1u));
    let queries_0 = rows_0 % p.queries;
    let queries_1 = rows_1 % p.queries;
    let mask_0 = starts.w + (first_head + rows_0 / p.queries) * p.heads.w + queries_0 * p.rows.w;
    let mask_1 = starts.w + (first_head + rows_1 / p.queries) * p.heads.w + queries_1 * p.rows.w;
    // Of each step of q and k an invocation loads two fours.
    let line = invocation / 4u;
    let four = invocation % 4u;
    let row_0 = min(first_row + line, rows - 1u);
    let row_1 = min(first_row + line + 32u, rows - 1u);
    let q_0 = starts.x + (first_head + row_0 / p.queries) * p.heads.x + row_0 % p.queries * p.rows.x;
    let q_1 = starts.x + (first_head + row_1 / p.queries) * p.heads.x + row_1 % p.queries * p.rows.x;

    // Keys that no row of the tile sees are passed over; from `all_from` to `all_to` every row sees every key.
    let last_row = min(first_row + ROWS, rows) - 1u;
    let one_head = first_row / p.queries == last_row / p.queries;
    let first_query = vec4(select(0u, first_row % p.queries, one_head));
    let last_query = vec4(select(p.queries - 1u, last_row % p.queries, one_head));
    let end_key = end_keys(last_query).x;
    let all_from = first_keys(last_query).x;
    let all_to = select(0u, end_keys(first_query).x, MASK == NO_MASK);

    // Of the first four rows and the last, in the first strip; then in the second.
    var sums_0 = mat4x4<f32>();
    var sums_1 = mat4x4<f32>();
    var sums_2 = mat4x4<f32>();
    var sums_3 = mat4x4<f32>();
    var largest_0 = vec4(LOWEST);
    var largest_1 = vec4(LOWEST);
    var totals_0 = vec4(0.0);
    var totals_1 = vec4(0.0);
    for (var first_key = first_keys(first_query).x / KEYS * KEYS; first_key < end_key; first_key += KEYS) {
        var scores_0 = mat4x4<f32>();
        var scores_1 = mat4x4<f32>();
        let k_0 = starts.y + (first_key + line) * p.rows.y;
        for (var depth = 0u; depth < p.depth; depth += STEP) {
            let column = depth + 4u * four;
            let columns = min(4u, max(p.depth, column) - column);
            left[line % 8u][line / 8u * 4u + four] = q_cells(q_0 + column * p.columns.x, columns);
            left[line % 8u][line / 8u * 4u + four + 16u] = q_cells(q_1 + column * p.columns.x, columns);
            let at = k_0 + column * p.columns.y;
            right[line / 4u][line % 4u * 4u + four] = k_cells(at, select(0u, columns, first_key + line < p.keys));
            right[line / 4u + 8u][line % 4u * 4u + four] = k_cells(at + 32u * p.rows.y, select(0u, columns, first_key + line + 32u < p.keys));
            workgroupBarrier();
            scores_0 += keys_at(x, 0u) * rows_at(y, 0u);
            scores_1 += keys_at(x, 0u) * rows_at(y, 16u);
            scores_0 += keys_at(x, 1u) * rows_at(y, 1u);
            scores_1 += keys_at(x, 1u) * rows_at(y, 17u);
            scores_0 += keys_at(x, 2u) * rows_at(y, 2u);
            scores_1 += keys_at(x, 2u) * rows_at(y, 18u);
            scores_0 += keys_at(x, 3u) * rows_at(y, 3u);
            scores_1 += keys_at(x, 3u) * rows_at(y, 19u);
            workgroupBarrier();
        }

        scores_0 *= p.scale;
        scores_1 *= p.scale;
        if first_key < all_from || first_key + KEYS > all_to {
            let key = first_key + 4u * x;
            let keys = min(key + LANES, vec4(p.keys - 1u));
            scores_0 = within(masked_block(scores_0, mask_0, keys), key, first_keys(queries_0), end_keys(queries_0));
            scores_1 = within(masked_block(scores_1, mask_1, keys), key, first_keys(queries_1), end_keys(queries_1));
        }
        parts[y][x] = largest_of(scores_0);
        parts[y][16u + x] = largest_of(scores_1);
        workgroupBarrier();
        var most_0 = largest_0;
        var most_1 = largest_1;
        for (var i = 0u; i < 16u; i += 4u) {
            most_0 = max(most_0, max(max(parts[y][i], parts[y][i + 1u]), max(parts[y][i + 2u], parts[y][i + 3u])));
            most_1 = max(most_1, max(max(parts[y][i + 16u], parts[y][i + 17u]), max(parts[y][i + 18u], parts[y][i + 19u])));
        }
        let correction_0 = fading(largest_0 - most_0);
        let correction_1 = fading(largest_1 - most_1);
        largest_0 = most_0;
        largest_1 = most_1;
        scores_0 = faded(scores_0, most_0);
        scores_1 = faded(scores_1, most_1);
        totals_0 = totals_0 * correction_0 + vec4(1.0) * scores_0;
        totals_1 = totals_1 * correction_1 + vec4(1.0) * scores_1;

        let v_0 = starts.z + (first_key + y) * p.rows.z;
        sums_0 = scaled_columns(sums_0, correction_0);
        sums_1 = scaled_columns(sums_1, correction_1);
        sums_2 = scaled_columns(sums_2, correction_0);
        sums_3 = scaled_columns(sums_3, correction_1);
        for (var step = 0u; step < KEYS; step += STEP) {
            if x / 4u == step / STEP {
                keep_rows(y, x % 4u, scores_0);
                keep_rows(y, 16u + x % 4u, scores_1);
            }
            let key = first_key + step + y;
            let at = v_0 + step * p.rows.z;
            right[x][y] = v_columns(at, first_value + 4u * x, key < p.keys);
            right[x][y + 8u] = v_columns(at + 8u * p.rows.z, first_value + 4u * x, key + 8u < p.keys);
            workgroupBarrier();
            sums_0 += values_at(x, 0u) * rows_at(y, 0u);
            sums_1 += values_at(x, 0u) * rows_at(y, 16u);
            sums_0 += values_at(x, 4u) * rows_at(y, 1u);
            sums_1 += values_at(x, 4u) * rows_at(y, 17u);
            sums_0 += values_at(x, 8u) * rows_at(y, 2u);
            sums_1 += values_at(x, 8u) * rows_at(y, 18u);
            sums_0 += values_at(x, 12u) * rows_at(y, 3u);
            sums_1 += values_at(x, 12u) * rows_at(y, 19u);
            workgroupBarrier();
            if first_value + STRIP < p.value_depth {
                right[x][y] = v_columns(at, first_value + STRIP + 4u * x, key < p.keys);
                right[x][y + 8u] = v_columns(at + 8u * p.rows.z, first_value + STRIP + 4u * x, key + 8u < p.keys);
                workgroupBarrier();
                sums_2 += values_at(x, 0u) * rows_at(y, 0u);
                sums_3 += values_at(x, 0u) * rows_at(y, 16u);
                sums_2 += values_at(x, 4u) * rows_at(y, 1u);
                sums_3 += values_at(x, 4u) * rows_at(y, 17u);
                sums_2 += values_at(x, 8u) * rows_at(y, 2u);
                sums_3 += values_at(x, 8u) * rows_at(y, 18u);
                sums_2 += values_at(x, 12u) * rows_at(y, 3u);
                sums_3 += values_at(x, 12u) * rows_at(y, 19u);
                workgroupBarrier();
            }
        }
    }

    parts[y][x] = totals_0;
    parts[y][16u + x] = totals_1;
    workgroupBarrier();
    totals_0 = vec4(0.0);
    totals_1 = vec4(0.0);
    for (var i = 0u; i < 16u; i++) {
        totals_0 += parts[y][i];
        totals_1 += parts[y][16u + i];
    }
    let first_line = (batch * p.groups + group) * rows;
    put_cells(sums_0, totals_0, first_line, first_row + y, rows, first_value + 4u * x);
    put_cells(sums_1, totals_1, first_line, first_row + y + 32u, rows, first_value + 4u * x);
    put_cells(sums_2, totals_0, first_line, first_row + y, rows, first_value + STRIP + 4u * x);
    put_cells(sums_3, totals_1, first_line, first_row + y + 32u, rows, first_value + STRIP + 4u * x);
}

// A four of q, or of the weights, of four of an invocation's rows.
fn rows_at(y: u32, i: u32) -> mat4x4<f32> {
    return mat4x4(left[y][i], left[y][i + 4u], left[y][i + 8u], left[y][i + 12u]);
}

// Written out: an index that is not known would move the block out of the registers.
fn keep_rows(y: u32, i: u32, block: mat4x4<f32>) {
    left[y][i] = block[0];
    left[y][i + 4u] = block[1];
    left[y][i + 8u] = block[2];
    left[y][i + 12u] = block[3];
}

// A four of k of an invocation's keys.
fn keys_at(x: u32, i: u32) -> mat4x4<f32> {
    return transpose(mat4x4(right[x][i], right[x][i + 4u], right[x][i + 8u], right[x][i + 12u]));
}

// An invocation's columns of v, of four keys.
fn values_at(x: u32, key: u32) -> mat4x4<f32> {
    return mat4x4(right[x][key], right[x][key + 1u], right[x][key + 2u], right[x][key + 3u]);
}

fn v_columns(start: u32, column: u32, are_there: bool) -> vec4<f32> {
    return v_cells(start + column * p.columns.z, select(0u, min(4u, max(p.value_depth, column) - column), are_there));
}

// e^x of numbers up to 0 as the GPU computes it, which is far off only where it is next to nothing. What is no number stays none.
fn fading(x: vec4<f32>) -> vec4<f32> {
    let value = select(exp(max(x, vec4(-87.0))), vec4(0.0), x < vec4(-87.0));
    return select(value, x, (bitcast<vec4<u32>>(x) & vec4(~SIGN)) > vec4(INFINITY));
}

fn faded(scores: mat4x4<f32>, most: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(
        select(fading(scores[0] - most.x), vec4(0.0), scores[0] <= vec4(LOWEST)),
        select(fading(scores[1] - most.y), vec4(0.0), scores[1] <= vec4(LOWEST)),
        select(fading(scores[2] - most.z), vec4(0.0), scores[2] <= vec4(LOWEST)),
        select(fading(scores[3] - most.w), vec4(0.0), scores[3] <= vec4(LOWEST)),
    );
}

// Stores what an invocation has of rows that lie eight apart, and of those as many as there are.
fn put_cells(sums: mat4x4<f32>, totals: vec4<f32>, first_line: u32, first_row: u32, rows: u32, column: u32) {
    for (var i = 0u; i < 4u; i++) {
        let row = first_row + 8u * i;
        for (var j = 0u; j < 4u; j++) {
            if row < rows && column + j < p.value_depth {
                // A row that sees no key is 0, as in PyTorch.
                let value = select(divide(sums[i][j], totals[i]), 0.0, totals[i] == 0.0);
                output[(first_line + row) * p.value_depth + column + j] = bitcast<u32>(value);
            }
        }
    }
}

// Up to four neighbours of a line of q, k or v; behind the last, 0.
fn q_cells(at: u32, count: u32) -> vec4<f32> {
    if FOURS == 1u { return select(vec4(0.0), q_four(at / 4u), count > 0u); }
    var cells = vec4(0.0);
    for (var i = 0u; i < count; i++) {
        let cell = at + i * p.columns.x;
        let word = word_of(cell, DTYPE);
        cells[i] = float_of(bits_of(q_fours[word / 4u][word % 4u], cell, DTYPE), DTYPE);
    }
    return cells;
}

fn k_cells(at: u32, count: u32) -> vec4<f32> {
    if FOURS == 1u { return select(vec4(0.0), k_four(at / 4u), count > 0u); }
    var cells = vec4(0.0);
    for (var i = 0u; i < count; i++) {
        let cell = at + i * p.columns.y;
        let word = word_of(cell, DTYPE);
        cells[i] = float_of(bits_of(k_fours[word / 4u][word % 4u], cell, DTYPE), DTYPE);
    }
    return cells;
}

fn v_cells(at: u32, count: u32) -> vec4<f32> {
    if FOURS == 1u { return select(vec4(0.0), v_four(at / 4u), count > 0u); }
    var cells = vec4(0.0);
    for (var i = 0u; i < count; i++) {
        let cell = at + i * p.columns.z;
        let word = word_of(cell, DTYPE);
        cells[i] = float_of(bits_of(v_fours[word / 4u][word % 4u], cell, DTYPE), DTYPE);
    }
    return cells;
}

// For adapters that are a processor: an invocation computes a block of queries by itself, since a barrier costs it more
// than to load a key. A block of 4 × 4 is a matrix of WGSL; that of scores has a column for each query.
struct Block {
    batch: u32,
    head: u32,
    first_query: u32,
    first_value: u32,
    end_value: u32,
    // Where the head's queries, keys and values and the batch's mask begin.
    starts: vec4<u32>,
}

fn block_of(workgroup: vec3<u32>, invocation: u32, queries: u32, values: u32) -> Block {
    let heads = p.groups * p.heads_per_group;
    let blocks = (p.queries + queries - 1u) / queries;
    let chunks = (p.value_depth + values - 1u) / values;
    let number = (workgroup.x + workgroup.y * 65535u) * 4u + invocation;
    var block: Block;
    // Neighbours are heads: they see the same keys, and end together.
    block.head = number % heads;
    block.first_query = number / heads % blocks * queries;
    block.first_value = number / (heads * blocks) % chunks * values;
    block.end_value = min(p.value_depth, block.first_value + values);
    block.batch = number / (heads * blocks * chunks);
    let group = block.head / p.heads_per_group;
    block.starts = batch_starts(block.batch) + vec4(block.head, group, group, block.head) * p.heads;
    return block;
}

// The keys from which on, and up to which, queries may see.
fn first_keys(queries: vec4<u32>) -> vec4<u32> {
    return select(vec4(0u), max(queries + 1u, vec4(p.window)) - p.window, p.window > 0u);
}

fn end_keys(queries: vec4<u32>) -> vec4<u32> {
    return select(vec4(p.keys), min(vec4(p.keys), queries + 1u), p.causal == 1u);
}

// 8 queries by 16 keys at a time, of float32 in whole fours and without a mask.
// The sums of the values, too many for registers, lie in the output until they are divided.
@compute @workgroup_size(4)
fn wide(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let block = block_of(workgroup, invocation, 8u, p.value_depth);
    if block.batch >= p.batches { return; }
    let queries_0 = min(block.first_query + LANES, vec4(p.queries - 1u));
    let queries_1 = min(block.first_query + 4u + LANES, vec4(p.queries - 1u));
    let q0 = (block.starts.x + queries_0 * p.rows.x) / 4u;
    let q1 = (block.starts.x + queries_1 * p.rows.x) / 4u;
    let first_0 = first_keys(queries_0);
    let first_1 = first_keys(queries_1);
    let end_0 = end_keys(queries_0);
    let end_1 = end_keys(queries_1);

    let lines = (block.batch * p.groups * p.heads_per_group + block.head) * p.queries;
    let o0 = (lines + queries_0) * p.value_depth / 4u;
    let o1 = (lines + queries_1) * p.value_depth / 4u;
    let rows = p.queries - block.first_query;
    var largest_0 = vec4(LOWEST);
    var largest_1 = vec4(LOWEST);
    var totals_0 = vec4(0.0);
    var totals_1 = vec4(0.0);
    for (var key = first_0.x; key < end_1.w; key += 16u) {
        let keys_0 = min(key + LANES, vec4(p.keys - 1u));
        let keys_1 = min(key + 4u + LANES, vec4(p.keys - 1u));
        let keys_2 = min(key + 8u + LANES, vec4(p.keys - 1u));
        let keys_3 = min(key + 12u + LANES, vec4(p.keys - 1u));
        let k0 = (block.starts.y + keys_0 * p.rows.y) / 4u;
        let k1 = (block.starts.y + keys_1 * p.rows.y) / 4u;
        let k2 = (block.starts.y + keys_2 * p.rows.y) / 4u;
        let k3 = (block.starts.y + keys_3 * p.rows.y) / 4u;
        var scores = array<mat4x4<f32>, 8>();
        for (var d = 0u; d < p.depth / 4u; d++) {
            let a0 = q_block(q0 + d);
            let a1 = q_block(q1 + d);
            let b0 = transpose(k_block(k0 + d));
            let b1 = transpose(k_block(k1 + d));
            let b2 = transpose(k_block(k2 + d));
            let b3 = transpose(k_block(k3 + d));
            scores[0] += b0 * a0;
            scores[1] += b1 * a0;
            scores[2] += b2 * a0;
            scores[3] += b3 * a0;
            scores[4] += b0 * a1;
            scores[5] += b1 * a1;
            scores[6] += b2 * a1;
            scores[7] += b3 * a1;
        }

        scores[0] = within(scores[0] * p.scale, key, first_0, end_0);
        scores[1] = within(scores[1] * p.scale, key + 4u, first_0, end_0);
        scores[2] = within(scores[2] * p.scale, key + 8u, first_0, end_0);
        scores[3] = within(scores[3] * p.scale, key + 12u, first_0, end_0);
        let most_0 = max(largest_0, max(max(largest_of(scores[0]), largest_of(scores[1])), max(largest_of(scores[2]), largest_of(scores[3]))));
        let correction_0 = exponentials(largest_0 - most_0);
        largest_0 = most_0;
        scores[0] = weights_of(scores[0], most_0);
        scores[1] = weights_of(scores[1], most_0);
        scores[2] = weights_of(scores[2], most_0);
        scores[3] = weights_of(scores[3], most_0);
        totals_0 = totals_0 * correction_0 + vec4(1.0) * (scores[0] + scores[1] + scores[2] + scores[3]);
        scores[4] = within(scores[4] * p.scale, key, first_1, end_1);
        scores[5] = within(scores[5] * p.scale, key + 4u, first_1, end_1);
        scores[6] = within(scores[6] * p.scale, key + 8u, first_1, end_1);
        scores[7] = within(scores[7] * p.scale, key + 12u, first_1, end_1);
        let most_1 = max(largest_1, max(max(largest_of(scores[4]), largest_of(scores[5])), max(largest_of(scores[6]), largest_of(scores[7]))));
        let correction_1 = exponentials(largest_1 - most_1);
        largest_1 = most_1;
        scores[4] = weights_of(scores[4], most_1);
        scores[5] = weights_of(scores[5], most_1);
        scores[6] = weights_of(scores[6], most_1);
        scores[7] = weights_of(scores[7], most_1);
        totals_1 = totals_1 * correction_1 + vec4(1.0) * (scores[4] + scores[5] + scores[6] + scores[7]);

        let v0 = (block.starts.z + keys_0 * p.rows.z) / 4u;
        let v1 = (block.starts.z + keys_1 * p.rows.z) / 4u;
        let v2 = (block.starts.z + keys_2 * p.rows.z) / 4u;
        let v3 = (block.starts.z + keys_3 * p.rows.z) / 4u;
        let are_there = key > first_0.x;
        for (var d = 0u; d < p.value_depth / 4u; d++) {
            let b0 = v_block(v0 + d);
            let b1 = v_block(v1 + d);
            let b2 = v_block(v2 + d);
            let b3 = v_block(v3 + d);
            let old_0 = scaled_columns(sums_at(o0 + d, are_there), correction_0);
            let old_1 = scaled_columns(sums_at(o1 + d, are_there), correction_1);
            put(old_0 + b0 * scores[0] + b1 * scores[1] + b2 * scores[2] + b3 * scores[3], o0 + d, 0u, rows);
            put(old_1 + b0 * scores[4] + b1 * scores[5] + b2 * scores[6] + b3 * scores[7], o1 + d, 4u, rows);
        }
    }
    let are_there = first_0.x < end_1.w;
    for (var d = 0u; d < p.value_depth / 4u; d++) {
        put(scaled_columns(sums_at(o0 + d, are_there), inverse(totals_0)), o0 + d, 0u, rows);
        put(scaled_columns(sums_at(o1 + d, are_there), inverse(totals_1)), o1 + d, 4u, rows);
    }
}

// Before the first keys the output holds what somebody left.
fn sums_at(at: vec4<u32>, are_there: bool) -> mat4x4<f32> {
    if !are_there { return mat4x4<f32>(); }
    return mat4x4(output_fours[at.x], output_fours[at.y], output_fours[at.z], output_fours[at.w]);
}

// Stores four rows, as many of them as there are.
fn put(block: mat4x4<f32>, at: vec4<u32>, row: u32, rows: u32) {
    if row < rows { output_fours[at.x] = block[0]; }
    if row + 1u < rows { output_fours[at.y] = block[1]; }
    if row + 2u < rows { output_fours[at.z] = block[2]; }
    if row + 3u < rows { output_fours[at.w] = block[3]; }
}

// A row that sees no key is 0, as in PyTorch.
fn inverse(totals: vec4<f32>) -> vec4<f32> {
    return select(1.0 / totals, vec4(0.0), totals == vec4(0.0));
}

// 4 queries by 4 keys at a time, cell by cell.
@compute @workgroup_size(4)
fn narrow(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let block = block_of(workgroup, invocation, 4u, VALUES);
    if block.batch >= p.batches { return; }
    let queries = min(block.first_query + LANES, vec4(p.queries - 1u));
    let first = first_keys(queries);
    let end = end_keys(queries);

    var sums: array<vec4<f32>, 128>; // VALUES, each of 4 queries
    var largest = vec4(LOWEST);
    var totals = vec4(0.0);
    for (var key = first.x; key < end.w; key += 4u) {
        let keys = min(key + LANES, vec4(p.keys - 1u));
        var scores = mat4x4<f32>();
        for (var d = 0u; d < p.depth; d++) {
            let q_at = block.starts.x + queries * p.rows.x + d * p.columns.x;
            let k_at = block.starts.y + keys * p.rows.y + d * p.columns.y;
            let a = vec4(q_cell(q_at.x), q_cell(q_at.y), q_cell(q_at.z), q_cell(q_at.w));
            let b = vec4(k_cell(k_at.x), k_cell(k_at.y), k_cell(k_at.z), k_cell(k_at.w));
            scores += mat4x4(a.x * b, a.y * b, a.z * b, a.w * b);
        }
        scores *= p.scale;
        scores = within(masked_block(scores, block.starts.w + queries * p.rows.w, keys), key, first, end);
        let most = max(largest, largest_of(scores));
        let correction = exponentials(largest - most);
        largest = most;
        scores = weights_of(scores, most);
        totals = totals * correction + vec4(1.0) * scores;
        for (var column = block.first_value; column < block.end_value; column++) {
            let v_at = block.starts.z + keys * p.rows.z + column * p.columns.z;
            let b = vec4(v_cell(v_at.x), v_cell(v_at.y), v_cell(v_at.z), v_cell(v_at.w));
            sums[column - block.first_value] = sums[column - block.first_value] * correction + b * scores;
        }
    }
    for (var row = 0u; row < 4u; row++) {
        for (var column = block.first_value; column < block.end_value; column++) {
            store(block, row, column, sums[column - block.first_value][row], totals[row]);
        }
    }
}

fn store(block: Block, row: u32, column: u32, sum: f32, total: f32) {
    if block.first_query + row >= p.queries { return; }
    let line = (block.batch * p.groups * p.heads_per_group + block.head) * p.queries + block.first_query + row;
    // A row that sees no key is 0, as in PyTorch.
    output[line * p.value_depth + column] = bitcast<u32>(select(divide(sum, total), 0.0, total == 0.0));
}

fn q_four(i: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(q_fours[i]);
}

fn k_four(i: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(k_fours[i]);
}

fn v_four(i: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(v_fours[i]);
}

fn q_block(at: vec4<u32>) -> mat4x4<f32> {
    return mat4x4(q_four(at.x), q_four(at.y), q_four(at.z), q_four(at.w));
}

fn k_block(at: vec4<u32>) -> mat4x4<f32> {
    return mat4x4(k_four(at.x), k_four(at.y), k_four(at.z), k_four(at.w));
}

fn v_block(at: vec4<u32>) -> mat4x4<f32> {
    return mat4x4(v_four(at.x), v_four(at.y), v_four(at.z), v_four(at.w));
}

// Scores of four queries, LOWEST where the key is none of those that a query sees.
fn within(scores: mat4x4<f32>, key: u32, first: vec4<u32>, end: vec4<u32>) -> mat4x4<f32> {
    let keys = key + LANES;
    return mat4x4(
        select(vec4(LOWEST), scores[0], (keys >= vec4(first.x)) & (keys < vec4(end.x))),
        select(vec4(LOWEST), scores[1], (keys >= vec4(first.y)) & (keys < vec4(end.y))),
        select(vec4(LOWEST), scores[2], (keys >= vec4(first.z)) & (keys < vec4(end.z))),
        select(vec4(LOWEST), scores[3], (keys >= vec4(first.w)) & (keys < vec4(end.w))),
    );
}

fn largest_of(scores: mat4x4<f32>) -> vec4<f32> {
    let keys = transpose(scores);
    return max(max(keys[0], keys[1]), max(keys[2], keys[3]));
}

fn weights_of(scores: mat4x4<f32>, most: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(
        select(exponentials(scores[0] - most.x), vec4(0.0), scores[0] <= vec4(LOWEST)),
        select(exponentials(scores[1] - most.y), vec4(0.0), scores[1] <= vec4(LOWEST)),
        select(exponentials(scores[2] - most.z), vec4(0.0), scores[2] <= vec4(LOWEST)),
        select(exponentials(scores[3] - most.w), vec4(0.0), scores[3] <= vec4(LOWEST)),
    );
}

fn scaled_columns(block: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(block[0] * by.x, block[1] * by.y, block[2] * by.z, block[3] * by.w);
}

// As `exponential`, of four numbers up to 0.
fn exponentials(x: vec4<f32>) -> vec4<f32> {
    let n = round(x * 1.44269504);
    let r = (x - n * 0.693359375) + n * 2.12194440e-4;
    var y = vec4(1.9875691500e-4);
    y = y * r + 1.3981999507e-3;
    y = y * r + 8.3334519073e-3;
    y = y * r + 4.1665795894e-2;
    y = y * r + 1.6666665459e-1;
    y = y * r + 5.0000001201e-1;
    let power = bitcast<vec4<f32>>(vec4<u32>(vec4<i32>(n) + 127) << vec4(23u));
    let value = select((y * r * r + r + 1.0) * power, vec4(0.0), x < vec4(-87.0));
    return select(value, x, (bitcast<vec4<u32>>(x) & vec4(~SIGN)) > vec4(INFINITY));
}

// Scores after the mask's cells, where the lines of the mask begin at `lines`.
fn masked_block(scores: mat4x4<f32>, lines: vec4<u32>, keys: vec4<u32>) -> mat4x4<f32> {
    if MASK == NO_MASK { return scores; }
    let columns = keys * p.columns.w;
    return mat4x4(
        masked_four(scores[0], lines.x + columns),
        masked_four(scores[1], lines.y + columns),
        masked_four(scores[2], lines.z + columns),
        masked_four(scores[3], lines.w + columns),
    );
}

fn masked_four(scores: vec4<f32>, at: vec4<u32>) -> vec4<f32> {
    return vec4(masked(scores.x, at.x), masked(scores.y, at.y), masked(scores.z, at.z), masked(scores.w, at.w));
}

// The score after the mask's cell at a position. The lowest number is not minus infinity: it hides nothing by itself.
fn masked(score: f32, position: u32) -> f32 {
    let word = mask[word_of(position, MASK)];
    if MASK == BOOL { return select(LOWEST, score, bits_of(word, position, MASK) != 0u); }
    let bias = float_of(bits_of(word, position, MASK), MASK);
    let sum = score + bias;
    return select(select(sum, LOW, sum < LOW), LOWEST, bitcast<u32>(bias) == 0xff800000u);
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

fn q_cell(i: u32) -> f32 {
    return float_of(bits_of(q[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn k_cell(i: u32) -> f32 {
    return float_of(bits_of(k[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn v_cell(i: u32) -> f32 {
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

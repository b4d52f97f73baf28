// matmul: output[.., n, m] = Σ_k a[.., n, k] · b[.., k, m]; leading dimensions are broadcast by strides of 0.
// a: (.., N, K) and b: (.., K, M) of any strides; output: (.., N, M), float32, or int64 where a and b are integers.

override DTYPE: u32 = 0u;

// How a tile loads a, and b: cell by cell, or as fours of float32 along its rows or down its columns.
override A_FOURS: u32 = 0u;
override B_FOURS: u32 = 0u;
const ALONG = 1u;
const DOWN = 2u;

struct Parameters {
    n: u32,
    m: u32,
    k: u32,
    batches: u32,
    a_offset: u32,
    a_row: u32,
    a_column: u32,
    b_offset: u32,
    b_row: u32,
    b_column: u32,
    rank: u32,
    // Whether the output has rows and columns exchanged: row4 alone looks.
    is_turned: u32,
    batch_shape: array<vec4<u32>, 2>,
    a_batch: array<vec4<u32>, 2>,
    b_batch: array<vec4<u32>, 2>,
}

@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(1) var<storage, read> a_fours: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> b_fours: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;

// An invocation computes a square tile of cells in its registers, from four columns of a and four rows of b at a time.
// A block of 4 × 4 is a matrix of WGSL whose columns are the block's rows: the product of blocks a · b is b * a there.
// Nothing is shared in a workgroup: neighbours that load the same cells meet in the cache.
// The last tiles of a row and of a column begin earlier, so that they are whole, and leave out what others store.

@compute @workgroup_size(64)
fn tile4(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let tile = tile_of(workgroup, invocation, 4u);
    if tile.batch >= p.batches { return; }
    var sum = mat4x4<f32>();
    for (var k = 0u; k < p.k; k += 4u) {
        sum += b_block(tile.b, tile.m, k) * a_block(tile.a, tile.n, k);
    }
    store(tile, sum, 0u, 0u);
}

@compute @workgroup_size(64)
fn tile8(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let tile = tile_of(workgroup, invocation, 8u);
    if tile.batch >= p.batches { return; }
    var sums: array<mat4x4<f32>, 4>;
    for (var k = 0u; k < p.k; k += 4u) {
        let b0 = b_block(tile.b, tile.m + 0u, k);
        let b1 = b_block(tile.b, tile.m + 4u, k);
        let a0 = a_block(tile.a, tile.n + 0u, k);
        sums[0] += b0 * a0;
        sums[1] += b1 * a0;
        let a1 = a_block(tile.a, tile.n + 4u, k);
        sums[2] += b0 * a1;
        sums[3] += b1 * a1;
    }
    store(tile, sums[0], 0u, 0u);
    store(tile, sums[1], 0u, 4u);
    store(tile, sums[2], 4u, 0u);
    store(tile, sums[3], 4u, 4u);
}

// More sums than a GPU has registers for, but a processor that computes in place of one loads less for each.
@compute @workgroup_size(64)
fn tile16(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let tile = tile_of(workgroup, invocation, 16u);
    if tile.batch >= p.batches { return; }
    var sums: array<mat4x4<f32>, 16>;
    for (var k = 0u; k < p.k; k += 4u) {
        let b0 = b_block(tile.b, tile.m + 0u, k);
        let b1 = b_block(tile.b, tile.m + 4u, k);
        let b2 = b_block(tile.b, tile.m + 8u, k);
        let b3 = b_block(tile.b, tile.m + 12u, k);
        let a0 = a_block(tile.a, tile.n + 0u, k);
        sums[0] += b0 * a0;
        sums[1] += b1 * a0;
        sums[2] += b2 * a0;
        sums[3] += b3 * a0;
        let a1 = a_block(tile.a, tile.n + 4u, k);
        sums[4] += b0 * a1;
        sums[5] += b1 * a1;
        sums[6] += b2 * a1;
        sums[7] += b3 * a1;
        let a2 = a_block(tile.a, tile.n + 8u, k);
        sums[8] += b0 * a2;
        sums[9] += b1 * a2;
        sums[10] += b2 * a2;
        sums[11] += b3 * a2;
        let a3 = a_block(tile.a, tile.n + 12u, k);
        sums[12] += b0 * a3;
        sums[13] += b1 * a3;
        sums[14] += b2 * a3;
        sums[15] += b3 * a3;
    }
    for (var i = 0u; i < 16u; i++) {
        store(tile, sums[i], i / 4u * 4u, i % 4u * 4u);
    }
}

// For GPUs: a workgroup computes SIDE × SIDE cells, and loads what its invocations all multiply into its memory, a slice of
// SLICE cells along k at a time. An invocation computes rows 4 y + i, and as many from the middle on, by columns 4 x + j.
const SIDE = 64u;
const SLICE = 16u;

// Fours of rows of a, and of columns of b, each along k, so that an invocation finds all of its own at constant places behind
// one; and with room for one more, so that neighbours do not meet in one memory bank.
var<workgroup> a_slice: array<array<vec4<f32>, 17>, 16>;
var<workgroup> b_slice: array<array<vec4<f32>, 17>, 16>;

@compute @workgroup_size(128)
fn shared_tile(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let tiles_n = (p.n + SIDE - 1u) / SIDE;
    let tiles_m = (p.m + SIDE - 1u) / SIDE;
    let number = workgroup.x + workgroup.y * 65535u;
    let batch = number / (tiles_n * tiles_m);
    if batch >= p.batches { return; }
    var tile = tile_at(batch, number / tiles_m % tiles_n * SIDE, number % tiles_m * SIDE, SIDE);

    // Half of the invocations load a, half b, a block of 4 × 4 each.
    let is_a = invocation < 64u;
    let four = invocation % 8u + invocation / 32u % 2u * 8u;
    let line = invocation / 8u % 4u * 4u;
    let y = invocation / 16u;
    let x = invocation % 16u;
    var sums: array<mat4x4<f32>, 2>;
    var block = slice_block(tile, is_a, 4u * four, line);
    for (var k = 0u; k < p.k; k += SLICE) {
        workgroupBarrier();
        // Written out: an index that is not known would move the block out of the registers.
        if is_a {
            a_slice[four][line] = block[0];
            a_slice[four][line + 1u] = block[1];
            a_slice[four][line + 2u] = block[2];
            a_slice[four][line + 3u] = block[3];
        } else {
            b_slice[four][line] = block[0];
            b_slice[four][line + 1u] = block[1];
            b_slice[four][line + 2u] = block[2];
            b_slice[four][line + 3u] = block[3];
        }
        workgroupBarrier();
        // Loaded while the others multiply.
        block = slice_block(tile, is_a, 4u * four, k + SLICE + line);
        add_lines(&sums, y, x, 0u);
        add_lines(&sums, y, x, 4u);
        add_lines(&sums, y, x, 8u);
        add_lines(&sums, y, x, 12u);
    }
    tile.n += 4u * y;
    tile.m += 4u * x;
    store(tile, sums[0], 0u, 0u);
    store(tile, sums[1], SIDE / 2u, 0u);
}

// Adds the products of four cells along k. Written out, since implementations count the turns of a loop.
fn add_lines(sums: ptr<function, array<mat4x4<f32>, 2>>, y: u32, x: u32, k: u32) {
    let b0 = b_slice[x][k];
    let b1 = b_slice[x][k + 1u];
    let b2 = b_slice[x][k + 2u];
    let b3 = b_slice[x][k + 3u];
    sums[0] = add_products(sums[0], a_slice[y][k], b0);
    sums[1] = add_products(sums[1], a_slice[y + 8u][k], b0);
    sums[0] = add_products(sums[0], a_slice[y][k + 1u], b1);
    sums[1] = add_products(sums[1], a_slice[y + 8u][k + 1u], b1);
    sums[0] = add_products(sums[0], a_slice[y][k + 2u], b2);
    sums[1] = add_products(sums[1], a_slice[y + 8u][k + 2u], b2);
    sums[0] = add_products(sums[0], a_slice[y][k + 3u], b3);
    sums[1] = add_products(sums[1], a_slice[y + 8u][k + 3u], b3);
}

// Four lines along k of four rows of a, or of four columns of b; behind the last line, 0.
fn slice_block(tile: Tile, is_a: bool, at: u32, k: u32) -> mat4x4<f32> {
    if k >= p.k { return mat4x4<f32>(); }
    if is_a { return transpose(a_block(tile.a, tile.n + at, k)); }
    return b_block(tile.b, tile.m + at, k);
}

// Every cell of a times every cell of b, in columns for those of a.
fn add_products(sum: mat4x4<f32>, a: vec4<f32>, b: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(fma(vec4(a.x), b, sum[0]), fma(vec4(a.y), b, sum[1]), fma(vec4(a.z), b, sum[2]), fma(vec4(a.w), b, sum[3]));
}

struct Tile {
    batch: u32,
    // Where it begins, and the first row and column that it stores.
    n: u32,
    m: u32,
    first_n: u32,
    first_m: u32,
    // Where the matrices of the batch begin in a and b.
    a: u32,
    b: u32,
}

// A workgroup has 8 × 8 tiles.
fn tile_of(workgroup: vec3<u32>, invocation: u32, size: u32) -> Tile {
    let side = 8u * size;
    let groups_n = (p.n + side - 1u) / side;
    let groups_m = (p.m + side - 1u) / side;
    let number = workgroup.x + workgroup.y * 65535u;
    let n = (number / groups_m % groups_n * 8u + invocation / 8u) * size;
    let m = (number % groups_m * 8u + invocation % 8u) * size;
    let batch = number / (groups_n * groups_m);
    return tile_at(select(batch, p.batches, n >= p.n || m >= p.m), n, m, size);
}

fn tile_at(batch: u32, n: u32, m: u32, size: u32) -> Tile {
    var tile: Tile;
    tile.batch = batch;
    tile.first_n = n;
    tile.first_m = m;
    tile.n = min(tile.first_n, p.n - size);
    tile.m = min(tile.first_m, p.m - size);
    let starts = batch_starts(tile.batch);
    tile.a = starts.x;
    tile.b = starts.y;
    return tile;
}

fn store(tile: Tile, block: mat4x4<f32>, n: u32, m: u32) {
    let at = (tile.batch * p.n + tile.n + n) * p.m + tile.m + m;
    for (var i = 0u; i < 4u; i++) {
        for (var j = 0u; j < 4u; j++) {
            if tile.n + n + i >= tile.first_n && tile.m + m + j >= tile.first_m {
                output[at + i * p.m + j] = bitcast<u32>(block[i][j]);
            }
        }
    }
}

// Rows n to n + 3 of a, columns k to k + 3.
fn a_block(start: u32, n: u32, k: u32) -> mat4x4<f32> {
    let at = start + n * p.a_row + k * p.a_column;
    if A_FOURS == ALONG {
        let i = at / 4u;
        let step = p.a_row / 4u;
        return mat4x4(a_four(i), a_four(i + step), a_four(i + 2u * step), a_four(i + 3u * step));
    }
    if A_FOURS == DOWN {
        let i = at / 4u;
        let step = p.a_column / 4u;
        return transpose(mat4x4(a_four(i), a_four(i + step), a_four(i + 2u * step), a_four(i + 3u * step)));
    }
    return mat4x4(a_cells(at, k), a_cells(at + p.a_row, k), a_cells(at + 2u * p.a_row, k), a_cells(at + 3u * p.a_row, k));
}

// Rows k to k + 3 of b, columns m to m + 3.
fn b_block(start: u32, m: u32, k: u32) -> mat4x4<f32> {
    let at = start + k * p.b_row + m * p.b_column;
    if B_FOURS == ALONG {
        let i = at / 4u;
        let step = p.b_row / 4u;
        return mat4x4(b_four(i), b_four(i + step), b_four(i + 2u * step), b_four(i + 3u * step));
    }
    if B_FOURS == DOWN {
        let i = at / 4u;
        let step = p.b_column / 4u;
        return transpose(mat4x4(b_four(i), b_four(i + step), b_four(i + 2u * step), b_four(i + 3u * step)));
    }
    return transpose(mat4x4(b_cells(at, k), b_cells(at + p.b_column, k), b_cells(at + 2u * p.b_column, k), b_cells(at + 3u * p.b_column, k)));
}

fn a_four(i: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(a_fours[i]);
}

fn b_four(i: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(b_fours[i]);
}

// Four cells along k; behind the last, 0.
fn a_cells(at: u32, k: u32) -> vec4<f32> {
    let four = vec4(a_cell(at), a_cell(at + p.a_column), a_cell(at + 2u * p.a_column), a_cell(at + 3u * p.a_column));
    return select(vec4(0.0), four, vec4(k, k + 1u, k + 2u, k + 3u) < vec4(p.k));
}

fn b_cells(at: u32, k: u32) -> vec4<f32> {
    let four = vec4(b_cell(at), b_cell(at + p.b_row), b_cell(at + 2u * p.b_row), b_cell(at + 3u * p.b_row));
    return select(vec4(0.0), four, vec4(k, k + 1u, k + 2u, k + 3u) < vec4(p.k));
}

fn a_cell(i: u32) -> f32 {
    let word = word_of(i, DTYPE);
    return float_of(bits_of(a_fours[word / 4u][word % 4u], i, DTYPE), DTYPE);
}

fn b_cell(i: u32) -> f32 {
    let word = word_of(i, DTYPE);
    return float_of(bits_of(b_fours[word / 4u][word % 4u], i, DTYPE), DTYPE);
}

// One to three rows, on a processor in place of a GPU: an invocation adds up four cells of a row.
// Cells beyond the last column are sums of whatever lies there, and are not stored.
@compute @workgroup_size(16)
fn row4(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let groups = (p.m + 63u) / 64u;
    let number = workgroup.x + workgroup.y * 65535u;
    let n = number / groups % p.n;
    let m = (number % groups * 16u + invocation) * 4u;
    let batch = number / (groups * p.n);
    if batch >= p.batches { return; }
    let starts = batch_starts(batch);
    let a_start = starts.x + n * p.a_row;

    var total = vec4(0.0);
    for (var first = 0u; first < p.k; first += 4u * BLOCK) {
        var block = vec4(0.0);
        for (var k = first; k < min(p.k, first + 4u * BLOCK); k += 4u) {
            block += b_block(starts.y, m, k) * a_line(a_start, k);
        }
        total += block;
    }
    let row_step = select(p.m, 1u, p.is_turned == 1u);
    let column_step = select(1u, p.n, p.is_turned == 1u);
    for (var i = 0u; i < min(4u, p.m - min(p.m, m)); i++) {
        output[batch * p.n * p.m + n * row_step + (m + i) * column_step] = bitcast<u32>(total[i]);
    }
}

// Columns k to k + 3 of one row of a.
fn a_line(start: u32, k: u32) -> vec4<f32> {
    if A_FOURS == ALONG { return a_four((start + k) / 4u); }
    return a_cells(start + k * p.a_column, k);
}

// Few rows or few columns: 16 lanes add up each of 16 cells.
var<workgroup> lane_sums: array<f32, 256>;

// Terms that are added before they are added to a total, so that long rows keep their digits.
const BLOCK = 64u;

@compute @workgroup_size(256)
fn thin(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let cells = p.n * p.m;
    let groups = (cells + 15u) / 16u;
    let number = workgroup.x + workgroup.y * 65535u;
    let batch = number / groups;
    if batch >= p.batches { return; }
    let starts = batch_starts(batch);
    // Neighbours load neighbours of b.
    let along_k = p.b_row == 1u;
    let lane = select(invocation / 16u, invocation % 16u, along_k);
    let cell = number % groups * 16u + select(invocation % 16u, invocation / 16u, along_k);
    let lane_step = select(16u, 1u, along_k);
    let a_start = starts.x + cell / p.m * p.a_row;
    let b_start = starts.y + cell % p.m * p.b_column;

    var total = 0.0;
    let end = select(0u, p.k, cell < cells);
    for (var first = lane; first < end; first += 16u * BLOCK) {
        var block = 0.0;
        for (var k = first; k < min(end, first + 16u * BLOCK); k += 16u) {
            block += a_at(a_start + k * p.a_column) * b_at(b_start + k * p.b_row);
        }
        total += block;
    }
    lane_sums[invocation] = total;
    workgroupBarrier();
    for (var half = 8u; half > 0u; half /= 2u) {
        if lane < half {
            lane_sums[invocation] += lane_sums[invocation + half * lane_step];
        }
        workgroupBarrier();
    }
    if lane == 0u && cell < cells {
        output[batch * cells + cell] = bitcast<u32>(lane_sums[invocation]);
    }
}

// The same where fours of float32, or eights of narrower floats, lie along k: 32 lanes add up each of eight cells, which
// are the rows of a before the columns of b, so that neighbours read the same of b.
@compute @workgroup_size(256)
fn thin_along(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let cells = p.n * p.m;
    let groups = (cells + 7u) / 8u;
    let number = workgroup.x + workgroup.y * 65535u;
    let batch = number / groups;
    if batch >= p.batches { return; }
    let starts = batch_starts(batch);
    let width = 4u * cells_per_word(DTYPE);
    let lane = invocation % 32u;
    let cell = number % groups * 8u + invocation / 32u;
    let row = cell % p.n;
    let column = cell / p.n;
    let a_start = (starts.x + row * p.a_row) / width;
    let b_start = (starts.y + column * p.b_column) / width;

    // Four loads at a time, which do not wait for each other.
    var sums = vec4(0.0);
    let end = select(0u, p.k / width, cell < cells);
    for (var i = lane; i < end; i += 128u) {
        let b0 = b_fours[b_start + i];
        let b1 = b_fours[b_start + i + 32u];
        let b2 = b_fours[b_start + i + 64u];
        let b3 = b_fours[b_start + i + 96u];
        sums += select(vec4(0.0), vec4(
            products(a_fours[a_start + i], b0),
            products(a_fours[a_start + i + 32u], b1),
            products(a_fours[a_start + i + 64u], b2),
            products(a_fours[a_start + i + 96u], b3),
        ), i + vec4(0u, 32u, 64u, 96u) < vec4(end));
    }
    lane_sums[invocation] = dot(sums, vec4(1.0));
    workgroupBarrier();
    for (var half = 16u; half > 0u; half /= 2u) {
        if lane < half {
            lane_sums[invocation] += lane_sums[invocation + half];
        }
        workgroupBarrier();
    }
    if lane == 0u && cell < cells {
        output[batch * cells + row * p.m + column] = bitcast<u32>(lane_sums[invocation]);
    }
}

// And where they lie along m: 64 lanes add up the cells of each of four fours or eights.
var<workgroup> lane_fours: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn thin_across(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let width = 4u * cells_per_word(DTYPE);
    let blocks = p.n * p.m / width;
    let groups = (blocks + 3u) / 4u;
    let number = workgroup.x + workgroup.y * 65535u;
    let batch = number / groups;
    if batch >= p.batches { return; }
    let starts = batch_starts(batch);
    let lane = invocation / 4u;
    let block = number % groups * 4u + invocation % 4u;
    let row = block / (p.m / width);
    let column = block % (p.m / width) * width;
    let a_start = starts.x + row * p.a_row;
    let b_start = (starts.y + column) / width;
    let step = p.b_row / width;

    // Of narrow floats, the first and the second of each word.
    var firsts = vec4(0.0);
    var seconds = vec4(0.0);
    let end = select(0u, p.k, block < blocks);
    for (var k = lane; k < end; k += 256u) {
        let b0 = b_fours[b_start + k * step];
        let b1 = b_fours[b_start + (k + 64u) * step];
        let b2 = b_fours[b_start + (k + 128u) * step];
        let b3 = b_fours[b_start + (k + 192u) * step];
        let a = vec4(
            a_cell(a_start + k * p.a_column),
            a_cell(a_start + (k + 64u) * p.a_column),
            a_cell(a_start + (k + 128u) * p.a_column),
            a_cell(a_start + (k + 192u) * p.a_column),
        );
        let are_there = k + vec4(0u, 64u, 128u, 192u) < vec4(end);
        firsts += weighted(a, firsts_of(b0), firsts_of(b1), firsts_of(b2), firsts_of(b3), are_there);
        if DTYPE != FLOAT32 {
            seconds += weighted(a, seconds_of(b0), seconds_of(b1), seconds_of(b2), seconds_of(b3), are_there);
        }
    }
    let at = batch * p.n * p.m + row * p.m + column;
    firsts = lanes_sum(invocation, lane, firsts);
    if DTYPE == FLOAT32 {
        store_four(at, 1u, firsts, lane == 0u && block < blocks);
    } else {
        store_four(at, 2u, firsts, lane == 0u && block < blocks);
        store_four(at + 1u, 2u, lanes_sum(invocation, lane, seconds), lane == 0u && block < blocks);
    }
}

// The sum of fours, each times its cell, of those that are there.
fn weighted(a: vec4<f32>, b0: vec4<f32>, b1: vec4<f32>, b2: vec4<f32>, b3: vec4<f32>, are_there: vec4<bool>) -> vec4<f32> {
    let first = select(vec4(0.0), a.x * b0, are_there.x) + select(vec4(0.0), a.y * b1, are_there.y);
    return first + select(vec4(0.0), a.z * b2, are_there.z) + select(vec4(0.0), a.w * b3, are_there.w);
}

// The first lane's is the sum of all.
fn lanes_sum(invocation: u32, lane: u32, part: vec4<f32>) -> vec4<f32> {
    lane_fours[invocation] = part;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
        if lane < half {
            lane_fours[invocation] += lane_fours[invocation + 4u * half];
        }
        workgroupBarrier();
    }
    let sum = lane_fours[invocation];
    workgroupBarrier();
    return sum;
}

fn store_four(at: u32, step: u32, four: vec4<f32>, is_asked: bool) {
    if !is_asked { return; }
    output[at] = bitcast<u32>(four.x);
    output[at + step] = bitcast<u32>(four.y);
    output[at + 2u * step] = bitcast<u32>(four.z);
    output[at + 3u * step] = bitcast<u32>(four.w);
}

// The sum of the products of four cells, or of eight that lie two in a word.
fn products(a: vec4<u32>, b: vec4<u32>) -> f32 {
    if DTYPE == FLOAT32 { return dot(bitcast<vec4<f32>>(a), bitcast<vec4<f32>>(b)); }
    return dot(firsts_of(a), firsts_of(b)) + dot(seconds_of(a), seconds_of(b));
}

// The floats of four words, or the first of the two in each.
fn firsts_of(words: vec4<u32>) -> vec4<f32> {
    if DTYPE == FLOAT32 { return bitcast<vec4<f32>>(words); }
    return floats_of(words & vec4(0xffffu));
}

fn seconds_of(words: vec4<u32>) -> vec4<f32> {
    return floats_of(words >> vec4(16u));
}

fn floats_of(bits: vec4<u32>) -> vec4<f32> {
    return vec4(float_of(bits.x, DTYPE), float_of(bits.y, DTYPE), float_of(bits.z, DTYPE), float_of(bits.w, DTYPE));
}

// Integers: 16 × 16 cells a workgroup, modulo 2^64.
var<workgroup> a_integers: array<vec2<u32>, 256>;
var<workgroup> b_integers: array<vec2<u32>, 256>;

@compute @workgroup_size(256)
fn integers(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let tiles_n = (p.n + 15u) / 16u;
    let tiles_m = (p.m + 15u) / 16u;
    let number = workgroup.x + workgroup.y * 65535u;
    let batch = number / (tiles_n * tiles_m);
    if batch >= p.batches { return; }
    let row = invocation / 16u;
    let column = invocation % 16u;
    let n = (number / tiles_m) % tiles_n * 16u + row;
    let m = number % tiles_m * 16u + column;
    let starts = batch_starts(batch);

    var sum = vec2(0u);
    for (var first_k = 0u; first_k < p.k; first_k += 16u) {
        a_integers[invocation] = vec2(0u);
        b_integers[invocation] = vec2(0u);
        if n < p.n && first_k + column < p.k {
            a_integers[invocation] = a_integer(starts.x + n * p.a_row + (first_k + column) * p.a_column);
        }
        if m < p.m && first_k + row < p.k {
            b_integers[invocation] = b_integer(starts.y + (first_k + row) * p.b_row + m * p.b_column);
        }
        workgroupBarrier();
        for (var k = 0u; k < 16u; k++) {
            sum = integer_add(sum, integer_multiply(a_integers[row * 16u + k], b_integers[k * 16u + column]));
        }
        workgroupBarrier();
    }
    if n < p.n && m < p.m {
        let cell = (batch * p.n + n) * p.m + m;
        output[2u * cell] = sum.x;
        output[2u * cell + 1u] = sum.y;
    }
}

// Where matrix number `batch` begins in a and in b.
fn batch_starts(batch: u32) -> vec2<u32> {
    var rest = batch;
    var starts = vec2(p.a_offset, p.b_offset);
    for (var d = p.rank; d > 0u; d--) {
        let high = (d - 1u) / 4u;
        let low = (d - 1u) % 4u;
        let index = rest % p.batch_shape[high][low];
        rest /= p.batch_shape[high][low];
        starts += index * vec2(p.a_batch[high][low], p.b_batch[high][low]);
    }
    return starts;
}

fn a_at(i: u32) -> f32 {
    return float_of(bits_of(a[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn b_at(i: u32) -> f32 {
    return float_of(bits_of(b[word_of(i, DTYPE)], i, DTYPE), DTYPE);
}

fn a_integer(i: u32) -> vec2<u32> {
    let word = word_of(i, DTYPE);
    return integer_of(vec2(bits_of(a[word], i, DTYPE), a[word + select(0u, 1u, DTYPE == INT64)]), DTYPE);
}

fn b_integer(i: u32) -> vec2<u32> {
    let word = word_of(i, DTYPE);
    return integer_of(vec2(bits_of(b[word], i, DTYPE), b[word + select(0u, 1u, DTYPE == INT64)]), DTYPE);
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

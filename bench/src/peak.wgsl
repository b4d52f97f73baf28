// The most multiply-adds: each invocation has four vectors of four that do not wait for each other.
// 65,536 invocations, 64 turns, 2 · 4 · 4 multiply-adds a turn: flops count a multiply-add as two: 268 million.

@group(0) @binding(0) var<storage, read_write> sums: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var a = vec4f(f32(id.x));
  var b = a + 1;
  var c = a + 2;
  var d = a + 3;
  let factor = vec4f(0.5);
  let term = vec4f(1);
  for (var turn = 0; turn < 64; turn += 1) {
    a = fma(a, factor, term);
    b = fma(b, factor, term);
    c = fma(c, factor, term);
    d = fma(d, factor, term);
    a = fma(a, factor, term);
    b = fma(b, factor, term);
    c = fma(c, factor, term);
    d = fma(d, factor, term);
  }
  sums[id.x] = a + b + c + d;
}

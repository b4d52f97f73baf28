// The most bytes a second: a large buffer copied into another, and one that is only read, in whole fours of words.

@group(0) @binding(0) var<storage, read_write> copied: array<vec4u>;
@group(0) @binding(1) var<storage, read> source: array<vec4u>;

@compute @workgroup_size(256)
fn copy_all(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * 65535 * 256;
  copied[at] = source[at];
}

// Four loads that do not wait for each other, a quarter of the buffer apart.
@compute @workgroup_size(256)
fn read_all(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * 65535 * 256;
  let quarter = arrayLength(&source) / 4;
  let sum = source[at] + source[at + quarter] + source[at + 2 * quarter] + source[at + 3 * quarter];
  // What is never true, but not known to be: without it nothing would have to be read.
  if all(sum == vec4u(0x5eed)) { copied[0] = sum; }
}

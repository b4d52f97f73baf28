# MiniMax's layers of full attention, whose heads share keys in groups (see grouped-query-attention), and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("minimax/config.json"))
weights = load_file("minimax/model.safetensors")
expected = load_file("minimax/expected.safetensors")
H, G = config["num_attention_heads"], config["num_key_value_heads"]
R = int(config["head_dim"] * config["rope_parameters"].get("partial_rotary_factor", 1.0))
for layer, kind in enumerate(config["layer_types"]):
    if kind != "full_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]
    W = {name: weights[f"{path}.{name}_proj.weight"].float().T for name in "qkvo"}
    angles = rotary_angles(torch.arange(len(x)), R, config["rope_parameters"]["rope_theta"])
    q = rotate(split_heads(x @ W["q"], H), angles)
    k = rotate(split_heads(x @ W["k"], G), angles).repeat_interleave(H // G, dim=0)
    v = split_heads(x @ W["v"], G).repeat_interleave(H // G, dim=0)
    found, _ = attention(q, k, v, visible_keys(len(x)))
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"minimax {path}", found @ W["o"], expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]
q, k, v = fixture(1, 4, 5, 4), fixture(2, 2, 5, 4), fixture(3, 2, 5, 4)
angles, partial = [rotary_angles(torch.arange(5), width, 10000) for width in (4, 2)]
repeated_k, repeated_v = k.repeat_interleave(2, dim=0), v.repeat_interleave(2, dim=0)


def attend(layout):
    found, _ = attention(rotate(q, angles, layout), rotate(repeated_k, angles, layout), repeated_v, visible_keys(5))
    return split_heads(found, 4)


results = {
    "R1_rope_half_q": rotate(q, angles),
    "R2_rope_interleaved_q": rotate(q, angles, "interleaved"),
    "R3_rope_half_partial0.5_q": rotate(q, partial),
    "R4_gqa_causal_rope_half": attend("half-split"),
    "R5_gqa_causal_rope_interleaved": attend("interleaved"),
}
for key, result in results.items():
    golden = torch.tensor(goldens[key]["data"]).view(goldens[key]["shape"])
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", key, result, golden, 1e-5)

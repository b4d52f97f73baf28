# Llama's attention modules, whose queries and keys rotate before they meet (see rotary-positions), and golden values.
import json
from safetensors.torch import load_file


def rotate(t, base):
    """[heads, T, D] with channel i turned against channel i + D/2"""
    half = t.shape[-1] // 2
    angles = torch.arange(t.shape[1])[:, None] * base ** (-torch.arange(half) / half)  # [T, D/2]
    first, second = t[..., :half], t[..., half:]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("llama/config.json"))
weights = load_file("llama/model.safetensors")
expected = load_file("llama/expected.safetensors")
for layer in range(config["num_hidden_layers"]):
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]
    W = {name: weights[f"{path}.{name}_proj.weight"].float().T for name in "qkvo"}
    q = rotate(split_heads(x @ W["q"], config["num_attention_heads"]), config["rope_parameters"]["rope_theta"])
    k = rotate(split_heads(x @ W["k"], config["num_key_value_heads"]), config["rope_parameters"]["rope_theta"])
    v = split_heads(x @ W["v"], config["num_key_value_heads"])
    found, _ = grouped_query_attention(q, k, v, visible_keys(len(x)))
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"llama {path}", found @ W["o"], expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]
q, k, v = fixture(1, 4, 5, 4), fixture(2, 2, 5, 4), fixture(3, 2, 5, 4)
full, _ = grouped_query_attention(q, k, v, torch.ones(5, 5).bool())
causal, shares = grouped_query_attention(q, k, v, visible_keys(5))
side_by_side = {"A0_gqa_full": full, "A1_gqa_causal": causal}
results = {key: split_heads(found, 4) for key, found in side_by_side.items()}
results["A1_gqa_causal_weights"] = shares
for key, result in results.items():
    golden = torch.tensor(goldens[key]["data"]).view(goldens[key]["shape"])
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", key, result, golden, 1e-5)

# gpt-oss's attention modules, which also rotate at YaRN's speeds (see yarn), share keys in groups (see
# grouped-query-attention) and in every other layer see a window (see sliding-window-attention), and golden values.
import json
import math
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


def rotate(t, speeds):
    """[heads, T, D] with channel i turned against channel i + D/2"""
    angles = torch.arange(t.shape[1])[:, None] * speeds
    first, second = t.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def window(tokens, width):
    distances = torch.arange(tokens)[:, None] - torch.arange(tokens)
    return visible_keys(tokens) & (distances < width)


config = json.load(open("gpt_oss/config.json"))
weights = {name: tensor.float() for name, tensor in load_file("gpt_oss/model.safetensors").items()}
expected = load_file("gpt_oss/expected.safetensors")
H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
rope = config["rope_parameters"]
plain = rope["rope_theta"] ** (-torch.arange(0, D, 2) / D)
low, high = [
    D * math.log(rope["original_max_position_embeddings"] / (turns * 2 * math.pi)) / (2 * math.log(rope["rope_theta"]))
    for turns in (rope["beta_fast"], rope["beta_slow"])
]
ramp = ((torch.arange(D // 2) - max(low, 0)) / (min(high, D - 1) - max(low, 0))).clamp(0, 1)
speeds = plain * (1 - ramp) + plain / rope["factor"] * ramp
scale = (0.1 * math.log(rope["factor"]) + 1)**2 / D**0.5
for layer, kind in enumerate(config["layer_types"]):
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]
    q, k, v = [
        split_heads(x @ weights[f"{path}.{name}_proj.weight"].T + weights[f"{path}.{name}_proj.bias"], heads)
        for name, heads in [("q", H), ("k", G), ("v", G)]
    ]
    q, k, v = rotate(q, speeds), rotate(k, speeds).repeat_interleave(H // G, dim=0), v.repeat_interleave(H // G, dim=0)
    visible = window(len(x), config["sliding_window"] if kind == "sliding_attention" else len(x))
    found, _ = attention_with_sinks(q, k, v, weights[f"{path}.sinks"], visible, scale)
    found = found @ weights[f"{path}.o_proj.weight"].T + weights[f"{path}.o_proj.bias"]
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"gpt_oss {path}", found, expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]
q = fixture(1, 4, 5, 4)
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
for key, visible in [("A5_gqa_causal_sink", visible_keys(5)), ("A5b_gqa_swa3_sink", window(5, 3))]:
    found, _ = attention_with_sinks(q, k, v, fixture(4, 4), visible, 0.5)
    golden = torch.tensor(goldens[key]["data"]).view(goldens[key]["shape"])
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", key, split_heads(found, 4), golden, 1e-5)

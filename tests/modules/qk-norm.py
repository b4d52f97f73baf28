# Qwen3's attention modules, which also rotate (see rotary-positions) and share keys in groups (see
# grouped-query-attention), and golden values.
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


config = json.load(open("qwen3/config.json"))
weights = {name: tensor.float() for name, tensor in load_file("qwen3/model.safetensors").items()}
expected = load_file("qwen3/expected.safetensors")
H, G = config["num_attention_heads"], config["num_key_value_heads"]
for layer in range(config["num_hidden_layers"]):
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]
    W = {name: weights[f"{path}.{name}_proj.weight"].T for name in "qkvo"}
    q = rms_norm(split_heads(x @ W["q"], H), weights[f"{path}.q_norm.weight"], config["rms_norm_eps"])
    k = rms_norm(split_heads(x @ W["k"], G), weights[f"{path}.k_norm.weight"], config["rms_norm_eps"])
    q, k = [rotate(t, config["rope_parameters"]["rope_theta"]) for t in (q, k)]
    k, v = [t.repeat_interleave(H // G, dim=0) for t in (k, split_heads(x @ W["v"], G))]
    found, _ = attention(q, k, v, visible_keys(len(x)))
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"qwen3 {path}", found @ W["o"], expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


golden = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]["A8_gqa_causal_qknorm"]
q = rms_norm(fixture(1, 4, 5, 4), 1 + fixture(5, 4) / 4)
k = rms_norm(fixture(2, 2, 5, 4), 1 + fixture(6, 4) / 4).repeat_interleave(2, dim=0)
v = fixture(3, 2, 5, 4).repeat_interleave(2, dim=0)
found, _ = attention(q, k, v, visible_keys(5))
# The golden values are float64, ours float32: their rounding is below 1e-6.
golden = torch.tensor(golden["data"]).view(golden["shape"])
report("golden", "A8_gqa_causal_qknorm", split_heads(found, 4), golden, 1e-5)

# Gemma 3's module that sees the whole text, with one key head, QK-norm (see qk-norm) and rotation (see
# rotary-positions), and golden values. Its modules with windows are checked under sliding-window-attention.
import json
from safetensors.torch import load_file


def rotate(t, base):
    """[..., T, D] with channel i turned against channel i + D/2"""
    half = t.shape[-1] // 2
    angles = torch.arange(t.shape[-2])[:, None] * base ** (-torch.arange(half) / half)  # [T, D/2]
    first, second = t[..., :half], t[..., half:]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def rms_norm(t, scale, epsilon):
    return t * torch.rsqrt(t.pow(2).mean(dim=-1, keepdim=True) + epsilon) * scale


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("gemma3/config.json"))
weights = {name: tensor.float() for name, tensor in load_file("gemma3/model.safetensors").items()}
expected = load_file("gemma3/expected.safetensors")
assert config["num_key_value_heads"] == 1 and config["query_pre_attn_scalar"] == config["head_dim"]
for layer, kind in enumerate(config["layer_types"]):
    if kind != "full_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x = expected[f"module.{path}.in"][0]
    W = {name: weights[f"{path}.{name}_proj.weight"].T for name in "qkvo"}
    # Gemma 3 stores the scales of its norms less one.
    scales = {name: 1 + weights[f"{path}.{name}_norm.weight"] for name in "qk"}
    q = rms_norm(split_heads(x @ W["q"], config["num_attention_heads"]), scales["q"], config["rms_norm_eps"])
    k = rms_norm(x @ W["k"], scales["k"], config["rms_norm_eps"])
    q, k = [rotate(t, config["rope_parameters"][kind]["rope_theta"]) for t in (q, k)]
    found, _ = multi_query_attention(q, k, x @ W["v"], visible_keys(len(x)))
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"gemma3 {path}", found @ W["o"], expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


golden = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]["A2_mqa_causal"]
# The golden values use the first of two key heads.
found, _ = multi_query_attention(fixture(1, 4, 5, 4), fixture(2, 2, 5, 4)[0], fixture(3, 2, 5, 4)[0], visible_keys(5))
golden = torch.tensor(golden["data"]).view(golden["shape"])
# The golden values are float64, ours float32: their rounding is below 1e-6.
report("golden", "A2_mqa_causal", split_heads(found, 4), golden, 1e-5)

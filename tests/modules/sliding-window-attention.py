# The modules with windows of Gemma 3 and Gemma 4, which also have QK-norm (see qk-norm), rotate (see rotary-positions)
# and share keys (see grouped-query-attention), and golden values. Their modules that see the whole text are checked
# under multi-query-attention and keys-as-values.
import json
from safetensors.torch import load_file


def rotate(t, base):
    """[heads, T, D] with channel i turned against channel i + D/2"""
    half = t.shape[-1] // 2
    angles = torch.arange(t.shape[1])[:, None] * base ** (-torch.arange(half) / half)  # [T, D/2]
    first, second = t[..., :half], t[..., half:]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def rms_norm(t, epsilon):
    return t * torch.rsqrt(t.pow(2).mean(dim=-1, keepdim=True) + epsilon)


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


for checkpoint in ["gemma3", "gemma4_dense"]:
    config = json.load(open(f"{checkpoint}/config.json"))
    weights = {name: tensor.float() for name, tensor in load_file(f"{checkpoint}/model.safetensors").items()}
    expected = load_file(f"{checkpoint}/expected.safetensors")
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    window, epsilon = config["sliding_window"], config["rms_norm_eps"]
    for layer, kind in enumerate(config["layer_types"]):
        if kind != "sliding_attention":
            continue
        path = f"model.layers.{layer}.self_attn"
        x = expected[f"module.{path}.in"][0]
        W_parts = {name: weights[f"{path}.{name}_proj.weight"].T for name in "qkvo"}
        q, k, v = [split_heads(x @ W_parts[name], heads) for name, heads in [("q", H), ("k", G), ("v", G)]]
        q_scale, k_scale = [weights[f"{path}.{name}_norm.weight"] for name in "qk"]
        if checkpoint == "gemma3":
            # Its scales are stored less one, and it divides the scores by the root of query_pre_attn_scalar, here D.
            assert config["query_pre_attn_scalar"] == D
            q_scale, k_scale = 1 + q_scale, 1 + k_scale
        else:
            # It norms the values too, without a scale. It does not divide the scores: our division is undone.
            v = rms_norm(v, epsilon)
            q_scale = q_scale * D**0.5
        q, k = rms_norm(q, epsilon) * q_scale, rms_norm(k, epsilon) * k_scale
        q, k = [rotate(t, config["rope_parameters"][kind]["rope_theta"]) for t in (q, k)]
        k, v = [t.repeat_interleave(H // G, dim=0) for t in (k, v)]
        found, _ = attention(q, k, v, visible_keys(len(x)))
        # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
        report("module", f"{checkpoint} {path}", found @ W_parts["o"], expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


golden = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]["A4_gqa_swa3"]
golden = torch.tensor(golden["data"]).view(golden["shape"])
window = 3
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
found, _ = attention(fixture(1, 4, 5, 4), k, v, visible_keys(5))
# The golden values are float64, ours float32: their rounding is below 1e-6.
report("golden", "A4_gqa_swa3", split_heads(found, 4), golden, 1e-5)

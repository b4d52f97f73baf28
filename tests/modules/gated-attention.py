

import json
import math

from safetensors.torch import load_file


def report(kind, name, actual, expected):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(f"{kind} {name} {error:.1e}")
    assert error <= 1e-4


# Qwen3-Next: what its layer does before attention is not this mechanism's, so it is written out here.
config = json.load(open("qwen3_next/config.json"))
model = {name: tensor.float() for name, tensor in load_file("qwen3_next/model.safetensors").items()}
expected = load_file("qwen3_next/expected.safetensors")
H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
rope = config["rope_parameters"]
rotated = int(D * rope["partial_rotary_factor"])


def normalised(heads, scale):  # [T, H, D], [D]: the scale is stored as its distance from one
    return heads * torch.rsqrt(heads.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"]) * (1 + scale)


def turned(heads):  # [T, H, D]: a part of the channels, its first half paired with its second
    angles = torch.outer(torch.arange(heads.shape[0]), rope["rope_theta"] ** -(torch.arange(0, rotated, 2) / rotated))
    cos, sin = angles.cos()[:, None], angles.sin()[:, None]                  # [T, 1, rotated / 2]
    a, b, rest = heads.split([rotated // 2, rotated // 2, D - rotated], dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], dim=-1)


for path in sorted(name[len("module."):-len(".in")] for name in expected if name.endswith("self_attn.in")):
    x = expected[f"module.{path}.in"][0]                                     # [T, M]
    W = {name[len(path) + 1:-len(".weight")]: tensor for name, tensor in model.items() if name.startswith(path)}
    q, gate = (x @ W["q_proj"].T).view(-1, H, 2 * D).chunk(2, dim=-1)          # [T, H, D] each
    q = turned(normalised(q, W["q_norm"]))
    k = turned(normalised((x @ W["k_proj"].T).view(-1, G, D), W["k_norm"]))
    v = (x @ W["v_proj"].T).view(-1, G, D)
    out, _ = gated_attention(*[heads.transpose(0, 1) for heads in (q, k, v)], gate.reshape(-1, H * D), W["o_proj"].T)
    report("module", f"qwen3_next {path}", out, expected[f"module.{path}.out"][0])

goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]


def fixture(seed, *shape):
    i = torch.arange(math.prod(shape))
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


q, k, v = fixture(1, 4, 5, 4), fixture(2, 2, 5, 4), fixture(3, 2, 5, 4)
for name, gate in [("A9_gated_elementwise", fixture(10, 5, 16)), ("A10_gated_headwise", fixture(11, 5, 4))]:
    out, _ = gated_attention(q, k, v, gate, torch.eye(16))
    report("golden", name, out, torch.tensor(goldens[name]["data"]).view(goldens[name]["shape"]))

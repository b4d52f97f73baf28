# Gemma 4's module that sees the whole text, and golden values. Its modules with windows have values of their own and
# are checked under sliding-window-attention.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


def module(x, W_query, W_key, W_out, query_scale, key_scale, epsilon, rotary_share, base):
    """x [T, M], matrices as [in, out] -> the module's result [T, M], its keys and its values [G, T, D]"""
    D = len(query_scale)
    angles = torch.arange(len(x))[:, None] * proportional_speeds(D, rotary_share, base)
    q = rotate(rms_norm(split_heads(x @ W_query, W_query.shape[1] // D), epsilon) * query_scale, angles)
    v = rms_norm(split_heads(x @ W_key, W_key.shape[1] // D), epsilon)
    k = keys_from_values(v, key_scale, angles)
    found, _ = attention(q, k, v, visible_keys(len(x)))
    return found @ W_out, k, v


config = json.load(open("gemma4_dense/config.json"))
weights = {name: tensor.float() for name, tensor in load_file("gemma4_dense/model.safetensors").items()}
expected = load_file("gemma4_dense/expected.safetensors")
assert config["attention_k_eq_v"]
for layer, kind in enumerate(config["layer_types"]):
    if kind != "full_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    W_parts = [weights[f"{path}.{name}_proj.weight"].T for name in "qko"]
    scales = [weights[f"{path}.{name}_norm.weight"] for name in "qk"]
    rope = config["rope_parameters"][kind]
    rotary = rope["partial_rotary_factor"], rope["rope_theta"]
    found, _, _ = module(expected[f"module.{path}.in"][0], *W_parts, *scales, config["rms_norm_eps"], *rotary)
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"gemma4_dense {path}", found, expected[f"module.{path}.out"][0], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: a hash of the seed and the index, as a number between -1 and 1."""
    def times(a, b):  # modulo 2**32, without a product of more than 48 bits
        return (a * (b % 65536) + a * (b // 65536) % 65536 * 65536) % 2**32

    numbers = []
    for i in range(torch.Size(shape).numel()):
        h = (times(i + 1, 2654435761) + times(seed + 1, 2246822519)) % 2**32
        h = times(h ^ h >> 16, 2246822519)
        h = times(h ^ h >> 13, 3266489917)
        numbers.append((h ^ h >> 16) / 2**31 - 1)
    return torch.tensor(numbers).view(shape)


def matrix(seed, wide, narrow):  # kept as [out, in], used as [in, out]
    return fixture(seed, wide, narrow).T / narrow**0.5


goldens = json.load(open("../goldens/frontier-goldens.json"))["gemma4"]["global_k_eq_v"]
W_parts = [matrix(200, 32, 8), matrix(201, 16, 8), matrix(203, 8, 32)]
scales = [1 + fixture(204, 8) / 2, 1 + fixture(205, 8) / 2]
found, k, v = module(fixture(1, 7, 8), *W_parts, *scales, 1e-6, 0.25, 1e6)
for key, result in {"k_cache_last": k[:, -1].flatten(), "v_cache_last": v[:, -1].flatten(), "out": found}.items():
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", f"gemma4.global_k_eq_v.{key}", result, torch.tensor(goldens[key]), 1e-5)

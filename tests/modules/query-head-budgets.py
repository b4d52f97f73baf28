# The attention modules of laguna, and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("laguna/config.json"))
tensors = load_file("laguna/model.safetensors")
expected = load_file("laguna/expected.safetensors")
for number, kind in enumerate(config["layer_types"]):
    path = f"model.layers.{number}.self_attn"
    W = [tensors[f"{path}.{name}_proj.weight"].float().T for name in "qkvgo"]
    norms = [tensors[f"{path}.{name}_norm.weight"].float() for name in "qk"]
    assert W[0].shape[1] == config["num_attention_heads_per_layer"][number] * config["head_dim"]
    rope = config["rope_parameters"][kind]
    result, _, _, _ = budgeted_attention(
        expected[f"module.{path}.in"][0], *W, *norms,
        rope["rope_theta"], int(config["head_dim"] * rope["partial_rotary_factor"]),
        config["sliding_window"] if kind == "sliding_attention" else None)
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"laguna {path}", result, expected[f"module.{path}.out"][0], 1e-4)


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


frontier = json.load(open("../goldens/frontier-goldens.json"))
numbers = torch.cat([fixture(0, 1), fixture(1, 2), fixture(700, 12346)[-1:]])
# Numbers between -1 and 1 in float32 are off by 6e-8 at most.
report("golden", "det_check", numbers, torch.tensor(frontier["det_check"]), 1e-7)
goldens = frontier["laguna"]
for name, heads, keys_seen, theta, rotated in [("full_6_heads", 6, None, 5e5, 4), ("sliding_8_heads_w3", 8, 3, 1e4, 8)]:
    seed = 400 + heads
    shapes = [(heads * 8, 8), (16, 8), (16, 8), (heads, 8), (8, heads * 8)]
    W = [matrix(seed + 20 * place, *shape) for place, shape in enumerate(shapes)]
    norms = [1 + fixture(seed + 100, 8) / 2, 1 + fixture(seed + 120, 8) / 2]
    result, _, _, _ = budgeted_attention(fixture(10, 7, 8), *W, *norms, theta, rotated, keys_seen)
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", f"laguna.{name}", result, torch.tensor(goldens[name]), 1e-5)

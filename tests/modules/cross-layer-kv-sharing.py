# The attention modules of gemma4_e2b, sharing layers included, and of gemma4_dense, whose full layers have no value
# matrix; and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


for checkpoint in ("gemma4_e2b", "gemma4_dense"):
    config = json.load(open(f"{checkpoint}/config.json"))
    tensors = load_file(f"{checkpoint}/model.safetensors")
    expected = load_file(f"{checkpoint}/expected.safetensors")
    sources = producers(config["layer_types"], config["num_kv_shared_layers"])
    made = {}
    for number, kind in enumerate(config["layer_types"]):
        path = f"model.layers.{number}.self_attn"
        W = {name[len(path) + 1:-len(".weight")]: t.float() for name, t in tensors.items() if name.startswith(path)}
        W = {name: t.T if t.dim() == 2 else t for name, t in W.items()}
        rope = config["rope_parameters"][kind]
        pairs = len(W["q_norm"]) // 2
        rotary = rope["rope_theta"], int(pairs * rope.get("partial_rotary_factor", 1))
        inputs = expected[f"module.{path}.in"][0]
        if sources[number] == number:
            made[number] = keys_and_values(inputs, W["k_proj"], W.get("v_proj"), W["k_norm"], *rotary)
        result, _ = attend(inputs, *made[sources[number]], W["q_proj"], W["o_proj"], W["q_norm"], *rotary,
                           config["sliding_window"] if kind == "sliding_attention" else None)
        # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
        report("module", f"{checkpoint} {path}", result, expected[f"module.{path}.out"][0], 1e-4)


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


goldens = json.load(open("../goldens/frontier-goldens.json"))["gemma4"]
inputs, later_inputs = fixture(1, 7, 8), fixture(2, 7, 8)
for name, seed, width, rotary, keys_seen in [("local", 100, 4, (1e4, 2), 3), ("global_k_eq_v", 200, 8, (1e6, 1), None)]:
    query_norm, key_norm = 1 + fixture(seed + 4, width) / 2, 1 + fixture(seed + 5, width) / 2
    W_value = None if name == "global_k_eq_v" else matrix(seed + 2, 2 * width, 8)
    k, v = keys_and_values(inputs, matrix(seed + 1, 2 * width, 8), W_value, key_norm, *rotary)
    results = {"k_cache_last": k[:, -1].flatten(), "v_cache_last": v[:, -1].flatten()}
    for key, asking, place in [("out", inputs, 0), ("shared_layer_out", later_inputs, 6)]:
        W_query, W_out = matrix(seed + place, 4 * width, 8), matrix(seed + max(3, place + 1), 8, 4 * width)
        results[key], _ = attend(asking, k, v, W_query, W_out, query_norm, *rotary, keys_seen)
    for key, result in results.items():
        # The golden values are float64, ours float32: their rounding is below 1e-6.
        report("golden", f"gemma4.{name}.{key}", result, torch.tensor(goldens[name][key]), 1e-5)

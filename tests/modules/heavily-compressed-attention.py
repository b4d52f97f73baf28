# The attention modules of deepseek_v4 with heavy compression, and those with none; and golden values.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


config = json.load(open("deepseek_v4/config.json"))
tensors = load_file("deepseek_v4/model.safetensors")
expected = load_file("deepseek_v4/expected.safetensors")
for number, kind in enumerate(config["layer_types"]):
    if kind == "compressed_sparse_attention":
        continue
    path = f"model.layers.{number}"
    W = {name[len(f"{path}.attn."):]: t.float() for name, t in tensors.items() if name.startswith(f"{path}.attn.")}
    pool = None
    if kind == "heavily_compressed_attention":
        pool = [W[f"compressor.{name}"] for name in ("wkv.weight", "wgate.weight", "ape", "norm.weight")]
        pool = [pool[0].T, pool[1].T, pool[2], pool[3]]
    W_group = W["wo_a.weight"].view(config["o_groups"], config["o_lora_rank"], -1).mT
    theta = config["rope_parameters"]["main" if pool is None else "compress"]["rope_theta"]
    result, _ = heavily_compressed_attention(
        expected[f"module.{path}.self_attn.in"][0], {}, 0, W["wq_a.weight"].T, W["q_norm.weight"], W["wq_b.weight"].T,
        W["wkv.weight"].T, W["norm.weight"], W["attn_sink"], W_group, W["wo_b.weight"].T,
        theta, config["qk_rope_head_dim"], config["sliding_window"], pool)
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    report("module", f"deepseek_v4 {path}.self_attn", result, expected[f"module.{path}.self_attn.out"][0], 1e-4)


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


goldens = json.load(open("../goldens/frontier-goldens.json"))["hca"]
inputs = fixture(40, 19, 16)
before = [matrix(800, 12, 16), 1 + fixture(807, 12) / 2, matrix(801, 64, 12),
          matrix(802, 16, 16), 1 + fixture(808, 16) / 2, fixture(809, 4)]
pool = [matrix(820, 16, 16), matrix(821, 16, 16), fixture(822, 8, 16), 1 + fixture(823, 16) / 2]
groups = torch.stack([matrix(803, 6, 32), matrix(804, 6, 32)])
after = [160000.0, 4, 4, pool]
filled = {}
result, shares = heavily_compressed_attention(inputs, filled, 0, *before, groups, matrix(806, 16, 12), *after)
heads, _ = heavily_compressed_attention(inputs, {}, 0, *before, torch.eye(64)[None], torch.eye(64), *after)
results = {"compressed": filled["entries"], "core_last": heads[-1], "out": result}
for key, result in results.items():
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", f"hca.{key}", result, torch.tensor(goldens[key]), 1e-5)
seen = [[entry for entry in range(2) if shares[0, query, 19 + entry] > 0] for query in range(19)]
print("golden hca.selected", "0.0e+00" if seen == goldens["selected"] else "1.0e+00")
assert seen == goldens["selected"]

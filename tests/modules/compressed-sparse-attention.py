# The attention module of deepseek_v4 with compressed sparse attention, and golden values.
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
    if kind != "compressed_sparse_attention":
        continue
    path = f"model.layers.{number}"
    W = {name[len(f"{path}.attn."):]: t.float() for name, t in tensors.items() if name.startswith(f"{path}.attn.")}
    W = {name: t.T if name.endswith("weight") and t.dim() == 2 else t for name, t in W.items()}
    main, index = [[W[f"{which}.{name}"] for name in ("wkv.weight", "wgate.weight", "ape", "norm.weight")]
                   for which in ("compressor", "indexer.compressor")]
    W_group = W["wo_a.weight"].T.view(config["o_groups"], config["o_lora_rank"], -1).mT
    inputs, k = expected[f"module.{path}.self_attn.in"][0], config["index_topk"]
    rotary = config["rope_parameters"]["compress"]["rope_theta"], config["qk_rope_head_dim"]
    asking = W["indexer.wq_b.weight"], W["indexer.weights_proj.weight"]
    filled = {}
    result, _, _ = compressed_sparse_attention(
        inputs, filled, 0, W["wq_a.weight"], W["q_norm.weight"], W["wq_b.weight"], W["wkv.weight"], W["norm.weight"],
        W["attn_sink"], W_group, W["wo_b.weight"], *rotary, config["sliding_window"], k, main, index, *asking)

    # ReLU makes exact zeros. Where the last entry that is chosen and the first that is not have the same score, either
    # choice is right: transformers leaves it to torch.topk, this program to order. One query is such a case.
    latent = F.rms_norm(inputs @ W["wq_a.weight"], W["q_norm.weight"].shape, W["q_norm.weight"], eps=1e-6)
    scored = index_scores(inputs, latent, filled["index entries"], torch.arange(len(inputs)), *asking, *rotary)
    complete = (torch.arange(len(inputs))[:, None] + 1) // len(main[2])
    scored = scored.masked_fill(torch.arange(scored.shape[1]) >= complete, -torch.inf)
    best = scored.sort(dim=-1, descending=True).values
    clear = (best[:, k - 1] > best[:, k]) | (complete[:, 0] <= k)
    assert clear.sum() == len(inputs) - 1
    # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
    wanted = expected[f"module.{path}.self_attn.out"][0]
    report("module", f"deepseek_v4 {path}.self_attn", result[clear], wanted[clear], 1e-4)


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


goldens = json.load(open("../goldens/frontier-goldens.json"))["csa"]
inputs, rotary = fixture(40, 19, 16), (160000.0, 4)
before = [matrix(700, 12, 16), 1 + fixture(707, 12) / 2, matrix(701, 64, 12),
          matrix(702, 16, 16), 1 + fixture(708, 16) / 2, fixture(709, 4)]
main = [matrix(720, 32, 16), matrix(721, 32, 16), fixture(722, 4, 32), 1 + fixture(723, 16) / 2]
index = [matrix(750, 16, 16), matrix(751, 16, 16), fixture(752, 4, 16), 1 + fixture(753, 8) / 2]
asking = [matrix(740, 64, 12), matrix(741, 8, 16)]
after = [*rotary, 4, 2, main, index, *asking]
groups = torch.stack([matrix(703, 6, 32), matrix(704, 6, 32)])
filled = {}
result, _, picks = compressed_sparse_attention(inputs, filled, 0, *before, groups, matrix(706, 16, 12), *after)
heads, _, _ = compressed_sparse_attention(inputs, {}, 0, *before, torch.eye(64)[None], torch.eye(64), *after)
latent = F.rms_norm(inputs @ before[0], (12,), before[1], eps=1e-6)
scored = index_scores(inputs, latent, filled["index entries"], torch.arange(19), *asking, *rotary)
# A query has golden scores for the entries that it may see.
scores = torch.cat([row[:len(golden)] for row, golden in zip(scored, goldens["index_scores"])])
goldens["index_scores"] = sum(goldens["index_scores"], [])
results = {"compressed": filled["main entries"], "core_last": heads[-1], "out": result, "index_scores": scores}
for key, result in results.items():
    # The golden values are float64, ours float32: their rounding is below 1e-6.
    report("golden", f"csa.{key}", result, torch.tensor(goldens[key]), 1e-5)
selected = [sorted(entry for entry in row if entry >= 0) for row in picks.tolist()]
print("golden csa.selected", "0.0e+00" if selected == goldens["selected"] else "1.0e+00")
assert selected == goldens["selected"]

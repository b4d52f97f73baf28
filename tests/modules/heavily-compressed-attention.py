# The attention modules of deepseek_v4 with heavy compression, and those with none; and golden values.
from checking import (
    hashed, load_checkpoint, load_goldens, matrix, module_weights, recorded, report_choice, report_golden,
    report_module,
)

config, weights, expected = load_checkpoint("deepseek_v4")
for number, kind in enumerate(config["layer_types"]):
    if kind == "compressed_sparse_attention":
        continue
    path = f"model.layers.{number}"
    x, wanted = recorded(expected, f"{path}.self_attn")
    W = module_weights(weights, f"{path}.attn")
    pool = None
    if kind == "heavily_compressed_attention":
        pool = [W[f"compressor.{name}"] for name in ("wkv", "wgate", "ape", "norm")]
        pool = [pool[0].T, pool[1].T, pool[2], pool[3]]
    W_group = W["wo_a"].view(config["o_groups"], config["o_lora_rank"], -1).mT
    theta = config["rope_parameters"]["main" if pool is None else "compress"]["rope_theta"]
    result, _ = heavily_compressed_attention(
        x, {}, 0, W["wq_a"].T, W["q_norm"], W["wq_b"].T, W["wkv"].T, W["norm"], W["attn_sink"], W_group, W["wo_b"].T,
        theta, config["qk_rope_head_dim"], config["sliding_window"], pool)
    report_module("deepseek_v4", f"{path}.self_attn", result, wanted)

goldens = load_goldens("frontier")["hca"]
inputs = hashed(40, 19, 16)
before = [matrix(800, 12, 16), 1 + hashed(807, 12) / 2, matrix(801, 64, 12),
          matrix(802, 16, 16), 1 + hashed(808, 16) / 2, hashed(809, 4)]
pool = [matrix(820, 16, 16), matrix(821, 16, 16), hashed(822, 8, 16), 1 + hashed(823, 16) / 2]
groups = torch.stack([matrix(803, 6, 32), matrix(804, 6, 32)])
after = [160000.0, 4, 4, pool]
filled = {}
result, shares = heavily_compressed_attention(inputs, filled, 0, *before, groups, matrix(806, 16, 12), *after)
heads, _ = heavily_compressed_attention(inputs, {}, 0, *before, torch.eye(64)[None], torch.eye(64), *after)
results = {"compressed": filled["entries"], "core_last": heads[-1], "out": result}
for key, result in results.items():
    report_golden(f"hca.{key}", result, goldens[key])
seen = [[entry for entry in range(2) if shares[0, query, 19 + entry] > 0] for query in range(19)]
report_choice("hca.selected", seen, goldens["selected"])

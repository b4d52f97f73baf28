# The attention module of deepseek_v4 with compressed sparse attention, and golden values.
from checking import (
    hashed, load_checkpoint, load_goldens, matrix, module_weights, recorded, report_choice, report_golden,
    report_module,
)

config, weights, expected = load_checkpoint("deepseek_v4")
for number, kind in enumerate(config["layer_types"]):
    if kind != "compressed_sparse_attention":
        continue
    path = f"model.layers.{number}"
    x, wanted = recorded(expected, f"{path}.self_attn")
    W = module_weights(weights, f"{path}.attn")
    W = {name: t.T if t.dim() == 2 and not name.endswith("ape") else t for name, t in W.items()}
    main, index = [[W[f"{which}.{name}"] for name in ("wkv", "wgate", "ape", "norm")]
                   for which in ("compressor", "indexer.compressor")]
    W_group = W["wo_a"].T.view(config["o_groups"], config["o_lora_rank"], -1).mT
    k = config["index_topk"]
    rotary = config["rope_parameters"]["compress"]["rope_theta"], config["qk_rope_head_dim"]
    asking = W["indexer.wq_b"], W["indexer.weights_proj"]
    filled = {}
    result, _, _ = compressed_sparse_attention(
        x, filled, 0, W["wq_a"], W["q_norm"], W["wq_b"], W["wkv"], W["norm"],
        W["attn_sink"], W_group, W["wo_b"], *rotary, config["sliding_window"], k, main, index, *asking)

    # ReLU makes exact zeros. Where the last entry that is chosen and the first that is not have the same score, either
    # choice is right: transformers leaves it to torch.topk, this program to order. One query is such a case.
    latent = F.rms_norm(x @ W["wq_a"], W["q_norm"].shape, W["q_norm"], eps=1e-6)
    scored = index_scores(x, latent, filled["index entries"], torch.arange(len(x)), *asking, *rotary)
    complete = (torch.arange(len(x))[:, None] + 1) // len(main[2])
    scored = scored.masked_fill(torch.arange(scored.shape[1]) >= complete, -torch.inf)
    best = scored.sort(dim=-1, descending=True).values
    clear = (best[:, k - 1] > best[:, k]) | (complete[:, 0] <= k)
    assert clear.sum() == len(x) - 1
    report_module("deepseek_v4", f"{path}.self_attn", result[clear], wanted[clear])

goldens = load_goldens("frontier")["csa"]
inputs, rotary = hashed(40, 19, 16), (160000.0, 4)
before = [matrix(700, 12, 16), 1 + hashed(707, 12) / 2, matrix(701, 64, 12),
          matrix(702, 16, 16), 1 + hashed(708, 16) / 2, hashed(709, 4)]
main = [matrix(720, 32, 16), matrix(721, 32, 16), hashed(722, 4, 32), 1 + hashed(723, 16) / 2]
index = [matrix(750, 16, 16), matrix(751, 16, 16), hashed(752, 4, 16), 1 + hashed(753, 8) / 2]
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
    report_golden(f"csa.{key}", result, goldens[key])
selected = [sorted(entry for entry in row if entry >= 0) for row in picks.tolist()]
report_choice("csa.selected", selected, goldens["selected"])

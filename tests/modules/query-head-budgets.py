# The attention modules of laguna, and golden values.
from checking import hashed, load_checkpoint, load_goldens, matrix, projections, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("laguna")
for number, kind in enumerate(config["layer_types"]):
    path = f"model.layers.{number}.self_attn"
    x, wanted = recorded(expected, path)
    W = projections(weights, path, "qkvgo")
    norms = [weights[f"{path}.{name}_norm.weight"] for name in "qk"]
    assert W["q"].shape[1] == config["num_attention_heads_per_layer"][number] * config["head_dim"]
    rope = config["rope_parameters"][kind]
    result, _, _, _ = budgeted_attention(
        x, *W.values(), *norms, rope["rope_theta"], int(config["head_dim"] * rope["partial_rotary_factor"]),
        config["sliding_window"] if kind == "sliding_attention" else None)
    report_module("laguna", path, result, wanted)

frontier = load_goldens("frontier")
numbers = torch.cat([hashed(0, 1), hashed(1, 2), hashed(700, 12346)[-1:]])
# Numbers between -1 and 1 in float32 are off by 6e-8 at most.
report_golden("det_check", numbers, frontier["det_check"], 1e-7)
goldens = frontier["laguna"]
for name, heads, keys_seen, theta, rotated in [("full_6_heads", 6, None, 5e5, 4), ("sliding_8_heads_w3", 8, 3, 1e4, 8)]:
    seed = 400 + heads
    shapes = [(heads * 8, 8), (16, 8), (16, 8), (heads, 8), (8, heads * 8)]
    W = [matrix(seed + 20 * place, *shape) for place, shape in enumerate(shapes)]
    norms = [1 + hashed(seed + 100, 8) / 2, 1 + hashed(seed + 120, 8) / 2]
    result, _, _, _ = budgeted_attention(hashed(10, 7, 8), *W, *norms, theta, rotated, keys_seen)
    report_golden(f"laguna.{name}", result, goldens[name])

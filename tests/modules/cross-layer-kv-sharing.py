# The attention modules of gemma4_e2b, sharing layers included, and of gemma4_dense, whose full layers have no value
# matrix; and golden values.
from checking import (
    hashed, load_checkpoint, load_goldens, matrix, module_weights, recorded, report_golden, report_module,
)

for checkpoint in ("gemma4_e2b", "gemma4_dense"):
    config, weights, expected = load_checkpoint(checkpoint)
    sources = producers(config["layer_types"], config["num_kv_shared_layers"])
    made = {}
    for number, kind in enumerate(config["layer_types"]):
        path = f"model.layers.{number}.self_attn"
        x, wanted = recorded(expected, path)
        W = {name: t.T if t.dim() == 2 else t for name, t in module_weights(weights, path).items()}
        rope = config["rope_parameters"][kind]
        pairs = len(W["q_norm"]) // 2
        rotary = rope["rope_theta"], int(pairs * rope.get("partial_rotary_factor", 1))
        if sources[number] == number:
            made[number] = keys_and_values(x, W["k_proj"], W.get("v_proj"), W["k_norm"], *rotary)
        result, _ = attend(x, *made[sources[number]], W["q_proj"], W["o_proj"], W["q_norm"], *rotary,
                           config["sliding_window"] if kind == "sliding_attention" else None)
        report_module(checkpoint, path, result, wanted)

goldens = load_goldens("frontier")["gemma4"]
inputs, later_inputs = hashed(1, 7, 8), hashed(2, 7, 8)
for name, seed, width, rotary, keys_seen in [("local", 100, 4, (1e4, 2), 3), ("global_k_eq_v", 200, 8, (1e6, 1), None)]:
    query_norm, key_norm = 1 + hashed(seed + 4, width) / 2, 1 + hashed(seed + 5, width) / 2
    W_value = None if name == "global_k_eq_v" else matrix(seed + 2, 2 * width, 8)
    k, v = keys_and_values(inputs, matrix(seed + 1, 2 * width, 8), W_value, key_norm, *rotary)
    results = {"k_cache_last": k[:, -1].flatten(), "v_cache_last": v[:, -1].flatten()}
    for key, asking, place in [("out", inputs, 0), ("shared_layer_out", later_inputs, 6)]:
        W_query, W_out = matrix(seed + place, 4 * width, 8), matrix(seed + max(3, place + 1), 8, 4 * width)
        results[key], _ = attend(asking, k, v, W_query, W_out, query_norm, *rotary, keys_seen)
    for key, result in results.items():
        report_golden(f"gemma4.{name}.{key}", result, goldens[name][key])

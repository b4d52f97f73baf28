# Gemma 4's module that sees the whole text, and golden values. Its modules with windows have values of their own and
# are checked under sliding-window-attention.
from checking import hashed, load_checkpoint, load_goldens, matrix, projections, recorded, report_golden, report_module


def module(x, W_query, W_key, W_out, query_scale, key_scale, epsilon, rotary_share, base):
    """x [T, M], matrices as [in, out] -> the module's result [T, M], its keys and its values [G, T, D]"""
    D = len(query_scale)
    angles = torch.arange(len(x))[:, None] * proportional_speeds(D, rotary_share, base)
    q = rotate(rms_norm(split_heads(x @ W_query, W_query.shape[1] // D), epsilon) * query_scale, angles)
    v = rms_norm(split_heads(x @ W_key, W_key.shape[1] // D), epsilon)
    k = keys_from_values(v, key_scale, angles)
    found, _ = attention(q, k, v, visible_keys(len(x)))
    return found @ W_out, k, v


config, weights, expected = load_checkpoint("gemma4_dense")
assert config["attention_k_eq_v"]
for layer, kind in enumerate(config["layer_types"]):
    if kind != "full_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)
    W_parts = projections(weights, path, "qko").values()
    scales = [weights[f"{path}.{name}_norm.weight"] for name in "qk"]
    rope = config["rope_parameters"][kind]
    rotary = rope["partial_rotary_factor"], rope["rope_theta"]
    found, _, _ = module(x, *W_parts, *scales, config["rms_norm_eps"], *rotary)
    report_module("gemma4_dense", path, found, wanted)

goldens = load_goldens("frontier")["gemma4"]["global_k_eq_v"]
W_parts = [matrix(200, 32, 8), matrix(201, 16, 8), matrix(203, 8, 32)]
scales = [1 + hashed(204, 8) / 2, 1 + hashed(205, 8) / 2]
found, k, v = module(hashed(1, 7, 8), *W_parts, *scales, 1e-6, 0.25, 1e6)
for key, result in {"k_cache_last": k[:, -1].flatten(), "v_cache_last": v[:, -1].flatten(), "out": found}.items():
    report_golden(f"gemma4.global_k_eq_v.{key}", result, goldens[key])

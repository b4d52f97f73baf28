# The modules with windows of Gemma 3 and Gemma 4, which also have QK-norm (see qk-norm), rotate (see rotary-positions)
# and share keys (see grouped-query-attention), and golden values. Their modules that see the whole text are checked
# under multi-query-attention and keys-as-values.
from checking import (
    fixture, load_checkpoint, load_goldens, projections, recorded, report_golden, report_module, rms_norm,
    rotary_speeds, rotate,
)

for checkpoint in ["gemma3", "gemma4_dense"]:
    config, weights, expected = load_checkpoint(checkpoint)
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    window, epsilon = config["sliding_window"], config["rms_norm_eps"]
    for layer, kind in enumerate(config["layer_types"]):
        if kind != "sliding_attention":
            continue
        path = f"model.layers.{layer}.self_attn"
        x, wanted = recorded(expected, path)
        W_parts = projections(weights, path)
        q, k, v = [split_heads(x @ W_parts[name], heads) for name, heads in [("q", H), ("k", G), ("v", G)]]
        q_scale, k_scale = [weights[f"{path}.{name}_norm.weight"] for name in "qk"]
        if checkpoint == "gemma3":
            # Its scales are stored less one, and it divides the scores by the root of query_pre_attn_scalar, here D.
            assert config["query_pre_attn_scalar"] == D
            q_scale, k_scale = 1 + q_scale, 1 + k_scale
        else:
            # It norms the values too, without a scale. It does not divide the scores: our division is undone.
            v = rms_norm(v, epsilon)
            q_scale = q_scale * D**0.5
        q, k = rms_norm(q, epsilon) * q_scale, rms_norm(k, epsilon) * k_scale
        speeds = rotary_speeds(D, config["rope_parameters"][kind]["rope_theta"])
        q, k = rotate(q, speeds), rotate(k, speeds)
        k, v = [t.repeat_interleave(H // G, dim=0) for t in (k, v)]
        found, _ = attention(q, k, v, visible_keys(len(x)))
        report_module(checkpoint, path, found @ W_parts["o"], wanted)

golden = load_goldens("attention")["mechanisms"]["A4_gqa_swa3"]
window = 3
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
found, _ = attention(fixture(1, 4, 5, 4), k, v, visible_keys(5))
report_golden("A4_gqa_swa3", split_heads(found, 4), golden)

# Gemma 3's module that sees the whole text, with one key head, QK-norm (see qk-norm) and rotation (see
# rotary-positions), and golden values. Its modules with windows are checked under sliding-window-attention.
from checking import (
    fixture, load_checkpoint, load_goldens, projections, recorded, report_golden, report_module, rms_norm,
    rotary_speeds, rotate,
)

config, weights, expected = load_checkpoint("gemma3")
assert config["num_key_value_heads"] == 1 and config["query_pre_attn_scalar"] == config["head_dim"]
for layer, kind in enumerate(config["layer_types"]):
    if kind != "full_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)
    W = projections(weights, path)
    # Gemma 3 stores the scales of its norms less one.
    scales = {name: 1 + weights[f"{path}.{name}_norm.weight"] for name in "qk"}
    q = rms_norm(split_heads(x @ W["q"], config["num_attention_heads"]), config["rms_norm_eps"]) * scales["q"]
    k = rms_norm(x @ W["k"], config["rms_norm_eps"]) * scales["k"]
    speeds = rotary_speeds(config["head_dim"], config["rope_parameters"][kind]["rope_theta"])
    q, k = rotate(q, speeds), rotate(k, speeds)
    found, _ = multi_query_attention(q, k, x @ W["v"], visible_keys(len(x)))
    report_module("gemma3", path, found @ W["o"], wanted)

golden = load_goldens("attention")["mechanisms"]["A2_mqa_causal"]
# The golden values use the first of two key heads.
found, _ = multi_query_attention(fixture(1, 4, 5, 4), fixture(2, 2, 5, 4)[0], fixture(3, 2, 5, 4)[0], visible_keys(5))
report_golden("A2_mqa_causal", split_heads(found, 4), golden)

# Qwen3's attention modules, which also rotate (see rotary-positions) and share keys in groups (see
# grouped-query-attention), and golden values.
from checking import (
    fixture, load_checkpoint, load_goldens, projections, recorded, report_golden, report_module, rotary_speeds,
    rotate,
)

config, weights, expected = load_checkpoint("qwen3")
H, G = config["num_attention_heads"], config["num_key_value_heads"]
speeds = rotary_speeds(config["head_dim"], config["rope_parameters"]["rope_theta"])
for layer in range(config["num_hidden_layers"]):
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)
    W = projections(weights, path)
    q = rms_norm(split_heads(x @ W["q"], H), weights[f"{path}.q_norm.weight"], config["rms_norm_eps"])
    k = rms_norm(split_heads(x @ W["k"], G), weights[f"{path}.k_norm.weight"], config["rms_norm_eps"])
    q, k = rotate(q, speeds), rotate(k, speeds)
    k, v = [t.repeat_interleave(H // G, dim=0) for t in (k, split_heads(x @ W["v"], G))]
    found, _ = attention(q, k, v, visible_keys(len(x)))
    report_module("qwen3", path, found @ W["o"], wanted)

golden = load_goldens("attention")["mechanisms"]["A8_gqa_causal_qknorm"]
q = rms_norm(fixture(1, 4, 5, 4), 1 + fixture(5, 4) / 4)
k = rms_norm(fixture(2, 2, 5, 4), 1 + fixture(6, 4) / 4).repeat_interleave(2, dim=0)
v = fixture(3, 2, 5, 4).repeat_interleave(2, dim=0)
found, _ = attention(q, k, v, visible_keys(5))
report_golden("A8_gqa_causal_qknorm", split_heads(found, 4), golden)

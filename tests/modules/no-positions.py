# Nemotron's attention layers, whose heads share keys in groups (see grouped-query-attention).
from checking import load_checkpoint, projections, recorded, report_module

config, weights, expected = load_checkpoint("nemotron_h")
H, G = config["num_attention_heads"], config["num_key_value_heads"]
for number, kind in enumerate(config["layers_block_type"]):
    if kind != "full_attention":
        continue
    path = f"model.layers.{number}.mixer"
    x, wanted = recorded(expected, path)
    W = projections(weights, f"backbone.layers.{number}.mixer")
    q = split_heads(x @ W["q"], H)
    k, v = [split_heads(x @ W[name], G).repeat_interleave(H // G, dim=0) for name in "kv"]
    found, _ = attention(q, k, v, visible_keys(len(x)))
    report_module("nemotron_h", path, found @ W["o"], wanted)

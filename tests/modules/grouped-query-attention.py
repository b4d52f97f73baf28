# Llama's attention modules, whose queries and keys rotate before they meet (see rotary-positions), and golden values.
from checking import (
    fixture, load_checkpoint, load_goldens, projections, recorded, report_golden, report_module, rotary_speeds,
    rotate,
)

config, weights, expected = load_checkpoint("llama")
speeds = rotary_speeds(config["head_dim"], config["rope_parameters"]["rope_theta"])
for layer in range(config["num_hidden_layers"]):
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)
    W = projections(weights, path)
    q = rotate(split_heads(x @ W["q"], config["num_attention_heads"]), speeds)
    k = rotate(split_heads(x @ W["k"], config["num_key_value_heads"]), speeds)
    v = split_heads(x @ W["v"], config["num_key_value_heads"])
    found, _ = grouped_query_attention(q, k, v, visible_keys(len(x)))
    report_module("llama", path, found @ W["o"], wanted)

goldens = load_goldens("attention")["mechanisms"]
q, k, v = fixture(1, 4, 5, 4), fixture(2, 2, 5, 4), fixture(3, 2, 5, 4)
full, _ = grouped_query_attention(q, k, v, torch.ones(5, 5).bool())
causal, shares = grouped_query_attention(q, k, v, visible_keys(5))
side_by_side = {"A0_gqa_full": full, "A1_gqa_causal": causal}
results = {key: split_heads(found, 4) for key, found in side_by_side.items()}
results["A1_gqa_causal_weights"] = shares
for key, result in results.items():
    report_golden(key, result, goldens[key])

# MiniMax's layers of full attention, whose heads share keys in groups (see grouped-query-attention), and golden values.
from checking import fixture, load_checkpoint, load_goldens, projections, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("minimax")
H, G = config["num_attention_heads"], config["num_key_value_heads"]
R = int(config["head_dim"] * config["rope_parameters"].get("partial_rotary_factor", 1.0))
for layer, kind in enumerate(config["layer_types"]):
    if kind != "full_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)
    W = projections(weights, path)
    angles = rotary_angles(torch.arange(len(x)), R, config["rope_parameters"]["rope_theta"])
    q = rotate(split_heads(x @ W["q"], H), angles)
    k = rotate(split_heads(x @ W["k"], G), angles).repeat_interleave(H // G, dim=0)
    v = split_heads(x @ W["v"], G).repeat_interleave(H // G, dim=0)
    found, _ = attention(q, k, v, visible_keys(len(x)))
    report_module("minimax", path, found @ W["o"], wanted)

goldens = load_goldens("attention")["mechanisms"]
q, k, v = fixture(1, 4, 5, 4), fixture(2, 2, 5, 4), fixture(3, 2, 5, 4)
angles, partial = [rotary_angles(torch.arange(5), width, 10000) for width in (4, 2)]
repeated_k, repeated_v = k.repeat_interleave(2, dim=0), v.repeat_interleave(2, dim=0)


def attend(layout):
    found, _ = attention(rotate(q, angles, layout), rotate(repeated_k, angles, layout), repeated_v, visible_keys(5))
    return split_heads(found, 4)


results = {
    "R1_rope_half_q": rotate(q, angles),
    "R2_rope_interleaved_q": rotate(q, angles, "interleaved"),
    "R3_rope_half_partial0.5_q": rotate(q, partial),
    "R4_gqa_causal_rope_half": attend("half-split"),
    "R5_gqa_causal_rope_interleaved": attend("interleaved"),
}
for key, result in results.items():
    report_golden(key, result, goldens[key])

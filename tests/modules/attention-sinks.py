# gpt-oss's attention modules, which also rotate at YaRN's speeds (see yarn), share keys in groups (see
# grouped-query-attention) and in every other layer see a window (see sliding-window-attention), and golden values.
import math

from checking import (
    fixture, load_checkpoint, load_goldens, module_weights, recorded, report_golden, report_module, rotary_speeds,
    rotate,
)


def window(tokens, width):
    distances = torch.arange(tokens)[:, None] - torch.arange(tokens)
    return visible_keys(tokens) & (distances < width)


config, weights, expected = load_checkpoint("gpt_oss")
H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
rope = config["rope_parameters"]
plain = rotary_speeds(D, rope["rope_theta"])
low, high = [
    D * math.log(rope["original_max_position_embeddings"] / (turns * 2 * math.pi)) / (2 * math.log(rope["rope_theta"]))
    for turns in (rope["beta_fast"], rope["beta_slow"])
]
ramp = ((torch.arange(D // 2) - max(low, 0)) / (min(high, D - 1) - max(low, 0))).clamp(0, 1)
speeds = plain * (1 - ramp) + plain / rope["factor"] * ramp
scale = (0.1 * math.log(rope["factor"]) + 1)**2 / D**0.5
for layer, kind in enumerate(config["layer_types"]):
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)
    W = module_weights(weights, path)
    q, k, v = [
        split_heads(x @ W[f"{name}_proj"].T + W[f"{name}_proj.bias"], heads)
        for name, heads in [("q", H), ("k", G), ("v", G)]
    ]
    q, k, v = rotate(q, speeds), rotate(k, speeds).repeat_interleave(H // G, dim=0), v.repeat_interleave(H // G, dim=0)
    visible = window(len(x), config["sliding_window"] if kind == "sliding_attention" else len(x))
    found, _ = attention_with_sinks(q, k, v, W["sinks"], visible, scale)
    report_module("gpt_oss", path, found @ W["o_proj"].T + W["o_proj.bias"], wanted)

goldens = load_goldens("attention")["mechanisms"]
q = fixture(1, 4, 5, 4)
k, v = [fixture(seed, 2, 5, 4).repeat_interleave(2, dim=0) for seed in (2, 3)]
for key, visible in [("A5_gqa_causal_sink", visible_keys(5)), ("A5b_gqa_swa3_sink", window(5, 3))]:
    found, _ = attention_with_sinks(q, k, v, fixture(4, 4), visible, 0.5)
    report_golden(key, split_heads(found, 4), goldens[key])

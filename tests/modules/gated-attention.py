# Qwen3-Next: what its layer does before attention is not this mechanism's, so it is written out here. Then golden
# values.
from checking import (
    fixture, load_checkpoint, load_goldens, module_weights, recorded, report_golden, report_module, rms_norm,
    rotary_speeds, rotate,
)

config, weights, expected = load_checkpoint("qwen3_next")
H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
rope = config["rope_parameters"]
speeds = rotary_speeds(int(D * rope["partial_rotary_factor"]), rope["rope_theta"])
for path in sorted(name[len("module."):-len(".in")] for name in expected if name.endswith("self_attn.in")):
    x, wanted = recorded(expected, path)                                     # [T, M]
    W = module_weights(weights, path)
    q, gate = (x @ W["q_proj"].T).view(-1, H, 2 * D).chunk(2, dim=-1)          # [T, H, D] each
    k, v = [(x @ W[f"{name}_proj"].T).view(-1, G, D) for name in "kv"]
    q, k, v = [heads.transpose(0, 1) for heads in (q, k, v)]
    # The norms' scales are stored as their distance from one.
    q, k = [rotate(rms_norm(heads, config["rms_norm_eps"]) * (1 + W[f"{name}_norm"]), speeds)
            for heads, name in [(q, "q"), (k, "k")]]
    out, _ = gated_attention(q, k, v, gate.reshape(-1, H * D), W["o_proj"].T)
    report_module("qwen3_next", path, out, wanted)

goldens = load_goldens("attention")["mechanisms"]
q, k, v = fixture(1, 4, 5, 4), fixture(2, 2, 5, 4), fixture(3, 2, 5, 4)
for name, gate in [("A9_gated_elementwise", fixture(10, 5, 16)), ("A10_gated_headwise", fixture(11, 5, 4))]:
    out, _ = gated_attention(q, k, v, gate, torch.eye(16))
    report_golden(name, out, goldens[name])

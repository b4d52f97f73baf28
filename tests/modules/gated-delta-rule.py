# The modules of linear attention of qwen3_next, in both forms, and golden values.
from checking import fixture, load_checkpoint, load_goldens, module_weights, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("qwen3_next")
G, H = config["linear_num_key_heads"], config["linear_num_value_heads"]
D, Dv, r = config["linear_key_head_dim"], config["linear_value_head_dim"], H // G

for layer, kind in enumerate(config["layer_types"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.linear_attn"
    x, wanted = recorded(expected, path)                                        # [T, M]
    W = module_weights(weights, path)
    # One projection, its columns grouped by key head.
    q, k, v, gate = (x @ W["in_proj_qkvz"].T).view(len(x), G, -1).split([D, D, r * Dv, r * Dv], dim=-1)
    b, a = (x @ W["in_proj_ba"].T).view(len(x), G, -1).split([r, r], dim=-1)
    columns = torch.cat([q.flatten(1), k.flatten(1), v.flatten(1)], dim=-1)
    before = torch.zeros(config["linear_conv_kernel_dim"] - 1, columns.shape[1])
    columns, _ = short_convolution(columns, W["conv1d"][:, 0], before)
    log_decay, beta = gates(a.flatten(1), b.flatten(1), W["A_log"], W["dt_bias"])
    inputs = *split_heads(columns, G, H, D), log_decay, beta
    heads, _ = chunked_gated_delta_rule(*inputs, 64)
    recurrent, _ = gated_delta_rule(*inputs)
    assert torch.allclose(heads, recurrent, atol=1e-5), "chunked and recurrent differ"
    normed = gated_norm(heads.transpose(0, 1), gate.reshape(len(x), H, Dv), W["norm"], config["rms_norm_eps"])
    report_module("qwen3_next", path, normed.flatten(1) @ W["out_proj"].T, wanted)

goldens = load_goldens("attention")["mechanisms"]
columns = torch.cat([fixture(40, 6, 4), fixture(41, 6, 4), fixture(42, 6, 6)], dim=-1)
log_decay, beta = gates(fixture(43, 6, 2), fixture(44, 6, 2), fixture(45, 2), fixture(46, 2))
# Six tokens in chunks of four: one full chunk and one that is not. Keys are four wide, values three.
heads, state = chunked_gated_delta_rule(*split_heads(columns, 1, 2, 4), log_decay, beta, 4)
heads = heads.transpose(0, 1)
results = {
    "G0_gdn_g": log_decay,
    "G0_gdn_beta": beta,
    "G1_gdn_out": heads,
    "G2_gdn_state": state,
    "G3_gdn_rmsnorm_silu_gate": gated_norm(heads, fixture(47, 6, 2, 3), 1 + fixture(48, 3) / 4),
}
for name, result in results.items():
    report_golden(name, result, goldens[name])

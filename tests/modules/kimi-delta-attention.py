# The modules of linear attention of kimi_linear, in both forms, and golden values.
from checking import fixture, load_checkpoint, load_goldens, module_weights, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("kimi_linear")
H, D = config["linear_num_heads"], config["linear_head_dim"]

for layer, kind in enumerate(config["layer_types"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)                                        # [T, M]
    W = module_weights(weights, path)
    columns = torch.cat([x @ W[f"{part}_proj"].T for part in "qkv"], dim=-1)
    filters = torch.cat([W[f"{part}_conv1d"][:, 0] for part in "qkv"])
    before = torch.zeros(config["linear_conv_kernel_dim"] - 1, columns.shape[1])
    columns, _ = short_convolution(columns, filters, before)
    f = (x @ W["f_a_proj"].T @ W["f_b_proj"].T).view(-1, H, D)
    log_decay = channel_decay(f, W["A_log"].flatten(), W["dt_bias"].view(H, D))
    inputs = *split_heads(columns, H, D), log_decay, torch.sigmoid(x @ W["b_proj"].T)
    heads, _ = chunked_delta_attention(*inputs, 16)
    recurrent, _ = delta_attention(*inputs)
    assert torch.allclose(heads, recurrent, atol=1e-5), "chunked and recurrent differ"
    gate = (x @ W["g_a_proj"].T @ W["g_b_proj"].T).view(-1, H, D)
    normed = gated_norm(heads.transpose(0, 1), gate, W["o_norm"], config["rms_norm_eps"])
    report_module("kimi_linear", path, normed.flatten(1) @ W["o_proj"].T, wanted)

goldens = load_goldens("attention")["mechanisms"]
columns = torch.cat([fixture(50, 6, 8), fixture(51, 6, 8), fixture(52, 6, 6)], dim=-1)
f, bias, rate = fixture(53, 6, 2, 4), fixture(54, 2, 4), fixture(55, 2)
log_decay, beta = channel_decay(f, rate, bias), torch.sigmoid(fixture(56, 6, 2))
# Six tokens in chunks of four: one full chunk and one that is not. Keys are four wide, values three.
heads, state = chunked_delta_attention(*split_heads(columns, 2, 4), log_decay, beta, 4)
heads = heads.transpose(0, 1)
results = {
    "K0_kda_g": log_decay,
    "K1_kda_out": heads,
    "K2_kda_state": state,
    "K3_kda_lowerbound_g": channel_decay(f, rate, bias, -5.0),
    "K4_kda_rmsnorm_sigmoid_gate": gated_norm(heads, fixture(57, 6, 2, 3), 1 + fixture(48, 3) / 4),
}
for name, result in results.items():
    report_golden(name, result, goldens[name])

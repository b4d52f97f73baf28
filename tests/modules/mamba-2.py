# The mixers of state of nemotron_h, in both forms, and golden values.
from checking import fixture, load_checkpoint, load_goldens, module_weights, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("nemotron_h")
H, G, N = config["mamba_num_heads"], config["n_groups"], config["ssm_state_size"]
inner = H * config["mamba_head_dim"]

for layer, kind in enumerate(config["layers_block_type"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.mixer"
    x, wanted = recorded(expected, path)                                        # [T, M]
    W = module_weights(weights, f"backbone.layers.{layer}.mixer")
    gate, columns, raw = (x @ W["in_proj"].T).split([inner, inner + 2 * G * N, H], dim=-1)
    before = torch.zeros(config["conv_kernel"] - 1, columns.shape[1])
    columns, _ = short_convolution(columns, W["conv1d"][:, 0], W["conv1d.bias"], before)
    q, k, v = split_heads(columns, H, G, N)
    step, log_decay = steps(raw, W["dt_bias"], W["A_log"], config["time_step_min"])
    heads, _ = chunked_state_space(q, k, v, step, log_decay, config["chunk_size"])
    recurrent, _ = recurrent_state_space(q, k, v, step, log_decay)
    assert torch.allclose(heads, recurrent, atol=1e-5), "chunked and recurrent differ"
    normed = layer_output(heads, v, gate, W["D"], W["norm"], G, config["layer_norm_epsilon"])
    report_module("nemotron_h", path, normed @ W["out_proj"].T, wanted)

goldens = load_goldens("attention")["mechanisms"]
columns = torch.cat([fixture(80, 6, 6), fixture(82, 6, 4), fixture(83, 6, 4)], dim=-1)
q, k, v = split_heads(columns, 2, 1, 4)
step, log_decay = steps(fixture(81, 6, 2), fixture(85, 2), fixture(84, 2))
# Six tokens in chunks of four: one full chunk and one that is not. Keys are four wide, values three.
heads, state = chunked_state_space(q, k, v, step, log_decay, 4)
results = {
    "S0_ssd_dt": step,
    "S1_ssd_out": (heads + fixture(86, 2)[:, None, None] * v).transpose(0, 1),
    "S2_ssd_state": state.transpose(1, 2),
}
for name, result in results.items():
    report_golden(name, result, goldens[name])

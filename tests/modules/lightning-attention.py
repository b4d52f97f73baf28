# The modules of linear attention of minimax, and golden values.
from checking import fixture, load_checkpoint, load_goldens, module_weights, recorded, report_golden, report_module

config, weights, expected = load_checkpoint("minimax")
H, D = config["num_attention_heads"], config["head_dim"]

for layer, kind in enumerate(config["layer_types"]):
    if kind != "linear_attention":
        continue
    path = f"model.layers.{layer}.self_attn"
    x, wanted = recorded(expected, path)                                            # [T, M]
    W = module_weights(weights, path)
    qkv = F.silu(x @ W["qkv_proj"].T).view(-1, H, 3 * D).transpose(0, 1)            # [H, T, 3·D]
    # The checkpoint holds the fading as tables rounded to bfloat16, which the model that made it used.
    slope = W["slope_rate"].flatten()                                               # [H]
    fading = [W[f"{table}_decay"] for table in ["diagonal", "query", "key"]]
    for table, exact in zip(fading, block_fading(slopes(H, layer, len(config["layer_types"])), config["block_size"])):
        # Rounding to the 8 bits of bfloat16 moves a number by at most 2⁻⁸ of it.
        assert torch.allclose(table, exact, rtol=2**-8, atol=1e-7), f"{path} fades otherwise"
    fading[0] = fading[0][0]                                                        # without its batch
    heads, _ = lightning_attention(*qkv.split(D, dim=-1), slope, fading)
    out = gated_output(heads, x, W["norm"], W["output_gate"].T, W["out_proj"].T)
    report_module("minimax", path, out, wanted)

goldens = load_goldens("attention")["mechanisms"]
# Six tokens in blocks of four: one full block and one that is not.
q, k, v = [F.silu(fixture(seed, 6, 4, 4)).transpose(0, 1) for seed in (60, 61, 62)]  # [H, T, D] each
heads, state = lightning_attention(q, k, v, slopes(4, 1, 4), block_fading(slopes(4, 1, 4), 4))
results = {"L1_lightning_out(layer1of4,HF factor)": heads.transpose(0, 1), "L2_lightning_state": state}
for name, result in results.items():
    report_golden(name, result, goldens[name])

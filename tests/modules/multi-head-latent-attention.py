# The attention modules of DeepSeek-V3 and Kimi Linear's full attention, and golden values.
# Both forms are compared, and the error of the worse one is printed.
from checking import as_tensor, fixture, load_checkpoint, load_goldens, recorded, report_golden, report_module


def parts(W, x, heads, plain, rotary, latent, base):
    """The arguments of both forms from weights as checkpoints store them, [out, in]; a base of None turns nothing."""
    queries = x @ W["q_a"].T if "q_a" in W else x
    if "q_a" in W:
        queries = rms_norm(queries, W["epsilon"]) * W["q_a_norm"]
    queries = (queries @ W["q_b"].T).view(len(x), heads, plain + rotary).transpose(0, 1)
    q, q_turned = queries.split([plain, rotary], dim=-1)
    c, k_turned = (x @ W["kv_a"].T).split([latent, rotary], dim=-1)
    if base is not None:
        q_turned, k_turned = [rotate(t, torch.arange(len(x)), base) for t in (q_turned, k_turned)]
    # In [H, D + value width, C], each head's rows make its keys first and its values after them.
    up = W["kv_b"].view(heads, -1, latent)
    W_key_up, W_value_up = up[:, :plain].transpose(1, 2), up[:, plain:].transpose(1, 2)
    return q, q_turned, rms_norm(c, W["epsilon"]) * W["kv_a_norm"], k_turned, W_key_up, W_value_up


def both_forms(*arguments):
    """What both forms find [2, T, H · D], and their weights [2, H, T, S]"""
    results = [naive_attention(*arguments), absorbed_attention(*arguments)]
    return torch.stack([found for found, _ in results]), torch.stack([shares for _, shares in results])


for checkpoint in ["deepseek_v3", "kimi_linear"]:
    config, weights, expected = load_checkpoint(checkpoint)
    for layer in range(config["num_hidden_layers"]):
        path = f"model.layers.{layer}.self_attn"
        if f"{path}.kv_b_proj.weight" not in weights:
            continue    # Kimi Delta Attention
        # Kimi Linear has no latent of queries.
        named = {"q_a": "q_a_proj", "q_a_norm": "q_a_layernorm", "q_b": "q_b_proj", "kv_a": "kv_a_proj_with_mqa",
                 "kv_a_norm": "kv_a_layernorm", "kv_b": "kv_b_proj"}
        if config["q_lora_rank"] is None:
            named = {"q_b": "q_proj", "kv_a": named["kv_a"], "kv_a_norm": named["kv_a_norm"], "kv_b": named["kv_b"]}
        W = {name: weights[f"{path}.{published}.weight"] for name, published in named.items()}
        # transformers builds these norms with 1e-6 in both architectures, whatever rms_norm_eps says.
        W["epsilon"] = 1e-6
        base = config["rope_parameters"]["rope_theta"] if checkpoint == "deepseek_v3" else None
        heads, latent = config["num_attention_heads"], config["kv_lora_rank"]
        plain, rotary = config["qk_nope_head_dim"], config["qk_rope_head_dim"]
        x, wanted = recorded(expected, path)
        arguments = parts(W, x, heads, plain, rotary, latent, base)
        scale = config["qk_head_dim"]**-0.5
        both, _ = both_forms(*arguments, visible_keys(len(x)), scale)
        report_module(checkpoint, path, both @ weights[f"{path}.o_proj.weight"].T, wanted)

goldens = load_goldens("attention")["mechanisms"]
goldens = {key: as_tensor(golden) for key, golden in goldens.items() if key[0] == "M"}
W = {"q_a": fixture(21, 6, 8), "q_b": fixture(22, 16, 6), "kv_a": fixture(23, 9, 8), "kv_b": fixture(24, 14, 5)}
W = {**W, "q_a_norm": torch.ones(6), "kv_a_norm": torch.ones(5), "epsilon": 1e-6}
arguments = parts(W, fixture(20, 4, 8), 2, 4, 4, 5, 10000)
still = parts(W, fixture(20, 4, 8), 2, 4, 4, 5, None)
# The golden scores are given before mask and softmax.
golden_weights = torch.softmax(goldens["M3_mla_scores"].masked_fill(~visible_keys(4), -torch.inf), dim=-1)
report_golden("M1_mla_latent_c", arguments[2], goldens["M1_mla_latent_c"])
report_golden("M2_mla_krope", arguments[3], goldens["M2_mla_krope"])
report_golden("M5_mla_qabsorbed", arguments[0] @ arguments[4].transpose(1, 2), goldens["M5_mla_qabsorbed"])
found, shares = both_forms(*arguments, visible_keys(4), 8**-0.5)
found_still, _ = both_forms(*still, visible_keys(4), 8**-0.5)
report_golden("M3_mla_scores", shares, golden_weights)
report_golden("M4_mla_out", found, goldens["M4_mla_out"])
report_golden("M6_mla_nope_out", found_still, goldens["M6_mla_nope_out"])

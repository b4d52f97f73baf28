# The attention modules of DeepSeek-V3 and Kimi Linear's full attention, and golden values.
# Both forms are compared, and the error of the worse one is printed.
import json
from safetensors.torch import load_file


def report(kind, name, actual, expected, bound):
    error = ((actual - expected).abs().max() / expected.abs().max()).item()
    print(kind, name, f"{error:.1e}")
    assert error <= bound, f"{name} is off by {error:.1e}"


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
    config = json.load(open(f"{checkpoint}/config.json"))
    weights = {name: tensor.float() for name, tensor in load_file(f"{checkpoint}/model.safetensors").items()}
    expected = load_file(f"{checkpoint}/expected.safetensors")
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
        x = expected[f"module.{path}.in"][0]
        arguments = parts(W, x, heads, plain, rotary, latent, base)
        scale = config["qk_head_dim"]**-0.5
        both, _ = both_forms(*arguments, visible_keys(len(x)), scale)
        found = both @ weights[f"{path}.o_proj.weight"].T
        # The module computed in another order of sums: float32 rounding, some 1e-6, stays far below 1e-4.
        report("module", f"{checkpoint} {path}", found, expected[f"module.{path}.out"], 1e-4)


def fixture(seed, *shape):
    """The golden values' inputs: multiples of 1/128, exact in every format."""
    i = torch.arange(torch.Size(shape).numel())
    return (((7 * i * i + 37 * i + 101 * seed + 13) % 257 - 128) / 128).view(shape)


goldens = json.load(open("../goldens/attention-goldens.json"))["mechanisms"]
goldens = {key: torch.tensor(golden["data"]).view(golden["shape"]) for key, golden in goldens.items() if key[0] == "M"}
W = {"q_a": fixture(21, 6, 8), "q_b": fixture(22, 16, 6), "kv_a": fixture(23, 9, 8), "kv_b": fixture(24, 14, 5)}
W = {**W, "q_a_norm": torch.ones(6), "kv_a_norm": torch.ones(5), "epsilon": 1e-6}
arguments = parts(W, fixture(20, 4, 8), 2, 4, 4, 5, 10000)
still = parts(W, fixture(20, 4, 8), 2, 4, 4, 5, None)
# The golden scores are given before mask and softmax.
golden_weights = torch.softmax(goldens["M3_mla_scores"].masked_fill(~visible_keys(4), -torch.inf), dim=-1)
# The golden values are float64, ours float32: their rounding is below 1e-6.
report("golden", "M1_mla_latent_c", arguments[2], goldens["M1_mla_latent_c"], 1e-5)
report("golden", "M2_mla_krope", arguments[3], goldens["M2_mla_krope"], 1e-5)
report("golden", "M5_mla_qabsorbed", arguments[0] @ arguments[4].transpose(1, 2), goldens["M5_mla_qabsorbed"], 1e-5)
found, shares = both_forms(*arguments, visible_keys(4), 8**-0.5)
found_still, _ = both_forms(*still, visible_keys(4), 8**-0.5)
report("golden", "M3_mla_scores", shares, golden_weights, 1e-5)
report("golden", "M4_mla_out", found, goldens["M4_mla_out"], 1e-5)
report("golden", "M6_mla_nope_out", found_still, goldens["M6_mla_nope_out"], 1e-5)

"""How many numbers a cache must hold after so many tokens, by the formula of each architecture.

T tokens, L layers, H query heads, G key/value heads, D head width; the other letters are named where they are used.
"""


def formula(config, T):
    return FORMULAS[config["model_type"]](config, T)


def get(config, *names):
    return [config[name] for name in names]


def heads(config):
    """Numbers that a token adds in a layer with keys and values of its own."""
    H = config["num_attention_heads"]
    G = config.get("num_key_value_heads") or H
    return 2 * G * (config.get("head_dim") or config["hidden_size"] // H)


def windows(config, T, kinds, window_kind):
    """The tokens that each layer holds: all, or those of its window."""
    return [min(T, config["sliding_window"]) if kind == window_kind else T for kind in kinds]


def gpt2(config, T):
    return config["n_layer"] * 2 * config["n_embd"] * T


def full(config, T):
    return config["num_hidden_layers"] * heads(config) * T


def with_windows(config, T):
    return heads(config) * sum(windows(config, T, config["layer_types"], "sliding_attention"))


def gemma4(config, T):
    """The last layers share what others hold; full layers have their own heads, and may hold keys as values."""
    total = 0
    for kind in config["layer_types"][:config["num_hidden_layers"] - config["num_kv_shared_layers"]]:
        if kind == "sliding_attention":
            total += 2 * config["num_key_value_heads"] * config["head_dim"] * min(T, config["sliding_window"])
            continue
        layer = str(config["layer_types"].index(kind))
        own = config["per_layer_config"][layer]
        G = own.get("num_key_value_heads", config["num_key_value_heads"])
        total += (1 if config["attention_k_eq_v"] else 2) * G * own["head_dim"] * T
    return total


def latent(config, T):
    """A latent and one rotated key for all heads; DeepSeek V3.2 also the indexer's key."""
    width = config["kv_lora_rank"] + config["qk_rope_head_dim"] + config.get("index_head_dim", 0)
    return config["num_hidden_layers"] * width * T


def deepseek_v4(config, T):
    """A window, an entry for each block of R tokens, and the tokens of blocks that are not complete.

    Overlapping entries pool the block before theirs, too: those tokens are held, and each is twice as wide.
    """
    D, DI, rates = config["head_dim"], config["index_head_dim"], config["compress_rates"]
    total = 0
    for kind in config["layer_types"]:
        total += D * min(T, config["sliding_window"])
        R = rates.get(kind)
        if kind == "heavily_compressed_attention":
            total += D * (T // R) + 2 * D * (T % R)
        if kind == "compressed_sparse_attention":
            total += (D + DI) * (T // R) + 2 * 2 * (D + DI) * (R + T % R)
    return total


def kimi_linear(config, T):
    """Latents in full layers; a state, and before three convolutions of N tokens the last N - 1, in the others."""
    linear = sum(kind == "linear_attention" for kind in config["layer_types"])
    H, D, N = get(config, "linear_num_heads", "linear_head_dim", "linear_conv_kernel_dim")
    width = config["kv_lora_rank"] + config["qk_rope_head_dim"]
    return (config["num_hidden_layers"] - linear) * width * T + linear * (H * D * D + 3 * H * D * (N - 1))


def qwen3_next(config, T):
    linear = sum(kind == "linear_attention" for kind in config["layer_types"])
    G, H, D, Dv = get(config, "linear_num_key_heads", "linear_num_value_heads", "linear_key_head_dim",
                      "linear_value_head_dim")
    convolution = (2 * G * D + H * Dv) * (config["linear_conv_kernel_dim"] - 1)
    return (config["num_hidden_layers"] - linear) * heads(config) * T + linear * (H * D * Dv + convolution)


def minimax(config, T):
    """Lightning layers hold a state, and keys and values of the block that is not complete."""
    linear = sum(kind == "linear_attention" for kind in config["layer_types"])
    H, D = get(config, "num_attention_heads", "head_dim")
    opened = 2 * H * D * (T % config["block_size"])
    return (config["num_hidden_layers"] - linear) * heads(config) * T + linear * (H * D * D + opened)


def nemotron_h(config, T):
    """Mamba layers hold a state, and before a convolution of N tokens the last N - 1."""
    kinds = config["layers_block_type"]
    H, P, N = get(config, "mamba_num_heads", "mamba_head_dim", "conv_kernel")
    states, groups = get(config, "ssm_state_size", "n_groups")
    mamba = H * P * states + (H * P + 2 * groups * states) * (N - 1)
    return kinds.count("full_attention") * heads(config) * T + kinds.count("linear_attention") * mamba


def zaya(config, T):
    """Keys and values, what two convolutions look back on, and the half of a value that the next token takes over."""
    H, G, D = get(config, "num_attention_heads", "num_key_value_heads", "head_dim")
    before = (H + G) * D * (config["cca_time0"] - 1 + config["cca_time1"] - 1)
    return config["num_hidden_layers"] * (heads(config) * T + before + G * D // 2)


FORMULAS = {
    "gpt2": gpt2, "llama": full, "qwen3": full, "gemma3_text": with_windows, "gpt_oss": with_windows,
    "laguna": with_windows, "gemma4_text": gemma4, "deepseek_v3": latent, "deepseek_v32": latent,
    "deepseek_v4": deepseek_v4, "kimi_linear": kimi_linear, "qwen3_next": qwen3_next, "minimax": minimax,
    "nemotron_h": nemotron_h, "zaya": zaya,
}

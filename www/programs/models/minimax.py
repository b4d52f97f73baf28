# %% [markdown]
# # MiniMax-Text-01
#
# Most layers have no softmax: their attention is linear, and all that they remember of a text is one matrix per head, however long the text.
# A token's key and value are added to that matrix after it has faded a little, fast in the first heads and hardly in the last; a query reads the matrix in one product.
# Every eighth layer is softmax attention over grouped heads, which looks up what a matrix of fixed size must forget.
#
# **Special** is Lightning attention: the same sum is taken within blocks as a masked product of queries and keys, and from block to block as a state, so that nothing grows with the square of the text.
# The residual stream starts from the normed input of each part, weighted by numbers of the configuration.
#
# **Used by** MiniMax-Text-01, MiniMax-M1
#
# **Notes** The checkpoint stores the decays of a block as tables, in the dtype of all else, and rounded powers do not multiply: `λ²` in bfloat16 is not the square of `λ` in bfloat16.
# To give the same numbers, decoding keeps to the blocks too: besides the state it remembers the keys and values of the block that is not yet full.
#
# Sources: [MiniMax 2025](https://arxiv.org/abs/2501.08313), section 2; [Qin et al. 2024](https://arxiv.org/abs/2401.04658) for the blocks; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/minimax/modeling_minimax.py).

# %%
import torch

from layers import activation, append, attend, attention_shapes, causal_mask, embed, gated_feed_forward
from layers import gated_feed_forward_shapes, linear, linear_shapes, mixture, project, rms_norm, rope_parameters
from layers import rotary, rotate_halves, split_heads

# What a configuration may leave out, as transformers' MiniMaxConfig has it.
DEFAULTS = {
    "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": None, "hidden_act": "silu",
    "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "sliding_window": None,
    "num_experts_per_tok": 2, "num_local_experts": 8, "layer_types": None, "block_size": 256,
    "full_attn_alpha_factor": 1, "full_attn_beta_factor": 1, "linear_attn_alpha_factor": 1,
    "linear_attn_beta_factor": 1, "mlp_alpha_factor": 1, "mlp_beta_factor": 1,
}
LINEAR_NORM_EPS = 1e-6   # the norm of Lightning attention does not follow the configuration


def complete(config):
    config = {**DEFAULTS, **config}
    assert config.get("quantization_config") is None, "weights that are quantized are not supported"
    if config["num_key_value_heads"] is None:
        config["num_key_value_heads"] = config["num_attention_heads"]
    if config["head_dim"] is None:
        config["head_dim"] = config["hidden_size"] // config["num_attention_heads"]
    # MiniMax's own files rotate a part of each head and say so by this field, which transformers does not read.
    config["rotary_dim"] = config.get("rotary_dim") or config["head_dim"]
    if config["layer_types"] is None:
        layers = range(config["num_hidden_layers"])
        config["layer_types"] = ["linear_attention" if n % 2 else "full_attention" for n in layers]
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, N, E = (config[key] for key in ("vocab_size", "hidden_size", "intermediate_size", "num_local_experts"))
    H, G, D, C = (config[key] for key in ("num_attention_heads", "num_key_value_heads", "head_dim", "block_size"))

    shapes = {"model.embed_tokens.weight": [V, M], "model.norm.weight": [M]}
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer, kind in enumerate(config["layer_types"]):
        at = f"model.layers.{layer}"
        shapes.update({f"{at}.input_layernorm.weight": [M], f"{at}.post_attention_layernorm.weight": [M]})
        if kind == "full_attention":
            shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M))
        else:
            shapes.update(linear_shapes(f"{at}.self_attn.qkv_proj", 3 * H * D, M))
            shapes.update(linear_shapes(f"{at}.self_attn.output_gate", H * D, M))
            shapes.update(linear_shapes(f"{at}.self_attn.out_proj", M, H * D))
            shapes[f"{at}.self_attn.norm.weight"] = [H * D]
            shapes[f"{at}.self_attn.slope_rate"] = [H, 1, 1]
            shapes[f"{at}.self_attn.query_decay"] = [H, C, 1]
            shapes[f"{at}.self_attn.key_decay"] = [H, C, 1]
            shapes[f"{at}.self_attn.diagonal_decay"] = [1, H, C, C]
        shapes[f"{at}.block_sparse_moe.gate.weight"] = [E, M]
        for e in range(E):
            shapes.update(gated_feed_forward_shapes(f"{at}.block_sparse_moe.experts.{e}", M, N, "w1", "w3", "w2"))
    return shapes


# %% [markdown]
# ## Lightning attention
#
# - **C** tokens of a block
#
# Within a block, token `t` hears token `s` faded by `λ^(t - s)`; what came before the block it hears through the state.

# %%
def lightning_attention(x, weights, name, config, kept):
    B, T, _ = x.shape
    H, D = config["num_attention_heads"], config["head_dim"]
    qkv = activation(project(x, weights, f"{name}.qkv_proj"), config["hidden_act"])
    q, k, v = split_heads(qkv, 3 * D).split(D, dim=-1)                 # [B, H, T, D] each
    heads = read_in_blocks(q, k, v, weights, name, config["block_size"], kept)
    heads = heads.transpose(1, 2).reshape(B, T, H * D)
    heads = rms_norm(heads, weights[f"{name}.norm.weight"], LINEAR_NORM_EPS)
    gate = torch.sigmoid(project(x, weights, f"{name}.output_gate"))   # [B, T, H · D]
    return project(gate * heads, weights, f"{name}.out_proj")          # [B, T, M]


def read_in_blocks(q, k, v, weights, name, C, kept):
    """q, k, v [B, H, T, D] -> [B, H, T, D]; `kept` has the state before the open block, and the open block so far."""
    B, H, T, D = q.shape
    query_decay, key_decay = weights[f"{name}.query_decay"].float(), weights[f"{name}.key_decay"].float()
    within = weights[f"{name}.diagonal_decay"].float()[0]              # [H, C, C], zero where s > t
    block_decay = torch.exp(-weights[f"{name}.slope_rate"].float() * C)
    if "state" not in kept:
        kept["state"] = torch.zeros(B, H, D, D, device=q.device)

    results = []
    start = 0
    while start < T:
        first = kept["k"].shape[2] if "k" in kept else 0               # of the new tokens, counted within the block
        end = min(start + C - first, T)
        keys, values = append(kept, "k", k[:, :, start:end]), append(kept, "v", v[:, :, start:end])
        last = keys.shape[2]
        now = q[:, :, start:end]
        shares = now @ keys.transpose(-1, -2) * within[:, first:last, :last]
        results.append(now * query_decay[:, first:last] @ kept["state"] + shares @ values)
        if last == C:
            faded = (keys * key_decay).transpose(-1, -2)               # [B, H, D, C]
            kept["state"] = kept["state"] * block_decay + faded @ values
            del kept["k"], kept["v"]
        start = end
    return torch.cat(results, dim=2)


# %% [markdown]
# ## Softmax attention and experts

# %%
def attention(x, weights, name, config, rotation, kept):
    D, window = config["head_dim"], config["sliding_window"]
    q = split_heads(project(x, weights, f"{name}.q_proj"), D)          # [B, H, T, D]
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)          # [B, G, T, D]
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)          # [B, G, T, D]
    q, k = rotate_halves(q, *rotation), rotate_halves(k, *rotation)
    k, v = append(kept, "k", k, window), append(kept, "v", v, window)  # [B, G, S, D]
    mask = causal_mask(x.shape[1], k.shape[2], window, x.device)       # [T, S]
    return project(attend(q, k, v, mask, D**-0.5), weights, f"{name}.o_proj")


def experts(x, weights, name, config):
    rows = x.flatten(0, 1)                                             # [B · T, M]
    shares = torch.softmax(project(rows, weights, f"{name}.gate"), dim=-1)
    shares, chosen = shares.topk(config["num_experts_per_tok"], dim=-1)
    shares = shares / shares.sum(-1, keepdim=True)                     # [B · T, K]

    def expert(e, rows):
        return gated_feed_forward(rows, weights, f"{name}.experts.{e}", config["hidden_act"], "w1", "w3", "w2")

    return mixture(rows, chosen, shares, expert).view(x.shape)


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return {"length": 0, "layers": [{} for _ in range(complete(config)["num_hidden_layers"])]}


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    config = complete(config)
    x = rms_norm(x, weights["model.norm.weight"], config["rms_norm_eps"])
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    return linear(x, head), x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    T, eps = input_ids.shape[1], config["rms_norm_eps"]
    rotation = rotary(rope_parameters(config, theta=1e6), config["rotary_dim"], cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        x = rms_norm(x, weights[f"{at}.input_layernorm.weight"], eps)
        if config["layer_types"][layer] == "full_attention":
            found = attention(x, weights, f"{at}.self_attn", config, rotation, kept)
            x = x * config["full_attn_alpha_factor"] + found * config["full_attn_beta_factor"]
        else:
            found = lightning_attention(x, weights, f"{at}.self_attn", config, kept)
            x = x * config["linear_attn_alpha_factor"] + found * config["linear_attn_beta_factor"]
        x = rms_norm(x, weights[f"{at}.post_attention_layernorm.weight"], eps)
        made = experts(x, weights, f"{at}.block_sparse_moe", config)
        x = x * config["mlp_alpha_factor"] + made * config["mlp_beta_factor"]
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

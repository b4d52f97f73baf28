# %% [markdown]
# # GPT-2
#
# The decoder that made language models general: attention with one key and one value for every query head, then a feed-forward layer four times as wide.
# A learned vector for each position is added to the embedding of its token, so that a text can be no longer than the table of positions.
# A layer norm stands in front of each part, where the first transformer had it behind, and one more follows the last layer.
#
# **Special** are the learned positions, the biases everywhere, and matrices stored as input by output: the code computes `x W`, where its successors compute `x Wᵀ`.
#
# **Used by** GPT-2 124M to XL, DialoGPT, DistilGPT-2
#
# Sources: [Radford et al. 2019](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf), section 2.3; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gpt2/modeling_gpt2.py).

# %%
import torch

from cache import attend_to_kept, empty_cache
from configuration import shapes_at, with_defaults
from layers import activation, embed, layer_norm, linear, split_heads



def complete(config):
    config = with_defaults(config, "gpt2")
    assert not config["add_cross_attention"], "attention to an encoder is not supported: this is a decoder alone"
    assert config["n_embd"] % config["n_head"] == 0, "the heads do not divide the model width"
    if config["n_inner"] is None:
        config["n_inner"] = 4 * config["n_embd"]
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    V, M, N = config["vocab_size"], config["n_embd"], config["n_inner"]
    shapes = {"transformer.wte.weight": [V, M], "transformer.wpe.weight": [config["n_positions"], M]}
    shapes.update(shapes_at("transformer", True, ln_f=[M]))
    if not config["tie_word_embeddings"]:
        shapes["lm_head.weight"] = [V, M]
    for layer in range(config["n_layer"]):
        at = f"transformer.h.{layer}"
        shapes.update(shapes_at(at, True, ln_1=[M], ln_2=[M]))
        for name, width_in, width_out in [
            ("attn.c_attn", M, 3 * M), ("attn.c_proj", M, M), ("mlp.c_fc", M, N), ("mlp.c_proj", N, M)
        ]:
            shapes.update({f"{at}.{name}.weight": [width_in, width_out], f"{at}.{name}.bias": [width_out]})
    return shapes


# %% [markdown]
# ## Attention
#
# One matrix makes queries, keys and values side by side.

# %%
def project(x, weights, name):
    """x [..., M] -> [..., N] by a matrix [M, N], stored the other way round than in other architectures."""
    return linear(x, weights[f"{name}.weight"].T, weights[f"{name}.bias"])


def attention(x, weights, name, config, layer, kept):
    D = config["n_embd"] // config["n_head"]
    q, k, v = project(x, weights, f"{name}.c_attn").chunk(3, dim=-1)   # [B, T, M] each
    q, k, v = split_heads(q, D), split_heads(k, D), split_heads(v, D)  # [B, H, T, D] each
    scale = D**-0.5 if config["scale_attn_weights"] else 1.0
    if config["scale_attn_by_inverse_layer_idx"]:
        scale = scale / (layer + 1)
    heads = attend_to_kept(q, k, v, kept, scale)                       # [B, T, M]
    return project(heads, weights, f"{name}.c_proj")                   # [B, T, M]


def feed_forward(x, weights, name, act):
    return project(activation(project(x, weights, f"{name}.c_fc"), act), weights, f"{name}.c_proj")


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["n_layer"])


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    config = complete(config)
    x = layer_norm(x, weights, "transformer.ln_f", config["layer_norm_epsilon"])
    head = weights["transformer.wte.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    return linear(x, head), x


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, eps = cache["length"], input_ids.shape[1], config["layer_norm_epsilon"]
    assert start + T <= config["n_positions"], f"{start + T} tokens, and positions for {config['n_positions']}"
    positions = torch.arange(start, start + T, device=input_ids.device)

    x = embed(weights["transformer.wte.weight"], input_ids) + embed(weights["transformer.wpe.weight"], positions)
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)                                        # [B, T, M]
        at = f"transformer.h.{layer}"
        x = x + attention(layer_norm(x, weights, f"{at}.ln_1", eps), weights, f"{at}.attn", config, layer, kept)
        normed = layer_norm(x, weights, f"{at}.ln_2", eps)
        x = x + feed_forward(normed, weights, f"{at}.mlp", config["activation_function"])
    logits, x = unembed(weights, config, x)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

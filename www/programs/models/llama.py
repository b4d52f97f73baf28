# %% [markdown]
# # Llama
#
# The decoder that most open models start from: every layer adds what attention found to the residual stream, then what a feed-forward layer made of it.
# Queries and keys are turned by their positions instead of adding a position to the input, and the norm in front of each part divides by the root mean square alone.
# From Llama 3 on, in every size, a group of query heads shares one key head and one value head.
#
# **Special** is how little there is: no biases, no dropout, one kind of layer.
#
# **Used by** Llama 1 to 3.3, and under its name SmolLM2, TinyLlama, Vicuna, Yi
#
# Sources: [Touvron et al. 2023](https://arxiv.org/abs/2302.13971), section 2.2; [Grattafiori et al. 2024](https://arxiv.org/abs/2407.21783), section 3.2, for grouped queries and the base frequency; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/modeling_llama.py).

# %%
from cache import append, empty_cache
from configuration import attention_shapes, gated_feed_forward_shapes, model_shapes, shapes_at, with_defaults
from layers import attend, causal_mask, embed, gated_feed_forward, normed_and_unembedded, project
from layers import queries_keys_values, rms_norm
from positions import rope_parameters, rotary, rotate_halves



def complete(config):
    return with_defaults(config, "llama")


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, N = config["hidden_size"], config["intermediate_size"]
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    shapes = model_shapes(config)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, config["attention_bias"]))
        shapes.update(gated_feed_forward_shapes(f"{at}.mlp", M, N, bias=config["mlp_bias"]))
    return shapes


# %% [markdown]
# ## Attention
#
# The cache keeps the keys after they were turned, so that no earlier token is ever touched again.

# %%
def attention(x, weights, name, config, rotation, mask, kept):
    D = config["head_dim"]
    q, k, v = queries_keys_values(x, weights, name, D)                 # [B, H or G, T, D]
    q, k = rotate_halves(q, *rotation), rotate_halves(k, *rotation)
    k, v = append(kept, "k", k), append(kept, "v", v)                  # [B, G, S, D]
    heads = attend(q, k, v, mask, D**-0.5)                             # [B, T, H · D]
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["num_hidden_layers"])


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    return normed_and_unembedded(x, weights, complete(config))


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    rotation = rotary(rope_parameters(config), config["head_dim"], start, T, device)
    # A token alone looks at all keys.
    mask = causal_mask(T, start + T, device=device) if T > 1 else None # [T, S]

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, mask, kept)
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

# %% [markdown]
# # DeepSeek-V3.2
#
# DeepSeek-V3 whose attention reads only the tokens that a small helper picks out: each query sees its best 2,048 keys, however long the text is.
# The helper, the lightning indexer, has many narrow heads that share one key per token, and needs no softmax: it adds up what its heads like, each with a weight that the token gives it.
# Scoring all tokens is still quadratic, but with few and small numbers; what was expensive, attention itself, grows in step with the text.
#
# **Special** is the indexer; all else is [DeepSeek-V3](deepseek_v3.py), from which this program takes it.
# The indexer rotates the first numbers of a head in halves, while attention rotates the last ones in neighbouring pairs: with one layout for both it picks other tokens, and says nothing.
#
# **Used by** DeepSeek-V3.2-Exp and V3.2
#
# Sources: [DeepSeek-AI 2025](https://arxiv.org/abs/2512.02556), section 2; [DeepSeek's own code](https://github.com/deepseek-ai/DeepSeek-V3.2-Exp/blob/main/inference/model.py), whose note of November 2025 is about the two layouts; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/deepseek_v32/modeling_deepseek_v32.py).

# %%
import deepseek_v3
from cache import append
from configuration import shapes_at, with_defaults
from deepseek_v3 import experts
from indexer import best_keys, fetch, picked
from latent import attend_to_latents, latents, queries
from layers import causal_mask, embed, gated_feed_forward, layer_norm, normed_and_unembedded, project, rms_norm
from layers import split_heads
from positions import rope_parameters, rotary, rotate_halves



def complete(config):
    config = deepseek_v3.complete(with_defaults({**config, "rope_interleave": True}, "deepseek_v32"))
    assert config["q_lora_rank"] is not None, "the indexer reads the latent of the queries, and this model has none"
    for kind in config["layer_types"] or []:
        assert kind == "indexed_attention", f"layers of type {kind} are not part of this architecture"
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    shapes = deepseek_v3.weight_shapes(config)
    M, I, DI = config["hidden_size"], config["index_n_heads"], config["index_head_dim"]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}.self_attn.indexer"
        shapes.update(shapes_at(at, wq_b=[I * DI, config["q_lora_rank"]], wk=[DI, M], weights_proj=[I, M]))
        shapes.update(shapes_at(at, True, k_norm=[DI]))
    return shapes


# %% [markdown]
# ## Attention to what the indexer picks
#
# - **I** heads of the indexer
# - **DI** their width
# - **K** keys that a token may read

# %%
def choose_keys(x, q_latent, weights, name, config, rotation, mask, kept):
    """x [B, T, M], q_latent [B, T, Rq], mask [T, S] -> the keys that each token reads, [B, T, K]."""
    q = split_heads(project(q_latent, weights, f"{name}.wq_b"), config["index_head_dim"])
    k = layer_norm(project(x, weights, f"{name}.wk"), weights, f"{name}.k_norm", 1e-6)
    q = rotate_halves(q, *rotation)                                    # [B, I, T, DI]
    k = append(kept, "index_k", rotate_halves(k, *rotation))           # [B, S, DI]
    heard = project(x, weights, f"{name}.weights_proj")                # [B, T, I]
    return best_keys(q, k, heard, mask, config["index_topk"])


def attention(x, weights, name, config, rotation, kept):
    q, q_rope, q_latent = queries(x, weights, name, config, rotation)
    latent, k_rope = latents(x, weights, name, config, rotation, kept) # [B, S, R], [B, S, Dr]
    T, S = x.shape[1], latent.shape[1]
    mask = causal_mask(T, S, device=x.device)                          # [T, S]
    chosen = choose_keys(x, q_latent, weights, f"{name}.indexer", config, rotation, mask, kept)
    if T == 1:
        latent, k_rope = fetch(latent, chosen), fetch(k_rope, chosen)  # [B, K, R], [B, K, Dr]
        mask = causal_mask(1, latent.shape[1], device=x.device)
    else:
        mask = (mask & picked(chosen, S))[:, None]                     # [B, 1, T, S]
    heads = attend_to_latents(q, q_rope, latent, k_rope, mask, weights[f"{name}.kv_b_proj.weight"], config)
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return deepseek_v3.new_cache(complete(config))


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    return normed_and_unembedded(x, weights, complete(config))


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    T, eps = input_ids.shape[1], config["rms_norm_eps"]
    rope, width = rope_parameters(config), config["qk_rope_head_dim"]
    rotation = rotary(rope, width, cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, kept)
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        if config["mlp_layer_types"][layer] == "dense":
            x = x + gated_feed_forward(normed, weights, f"{at}.mlp", config["hidden_act"])
        else:
            x = x + experts(normed, weights, f"{at}.mlp", config)
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

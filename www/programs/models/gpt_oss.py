# %% [markdown]
# # gpt-oss
#
# Every second layer sees a window of 128 tokens, the others see everything, and each feed-forward layer is a choice of four experts among many.
# Each query head has a sink: a learned score that takes its share of the softmax and gives nothing, so that a head that has nothing to say can look away.
# YaRN stretches the rotary positions from the 4,096 tokens of the first training to 131,072.
#
# **Special** are the sinks, the biases on all projections, and experts whose gate is clamped, with a sigmoid of its own steepness and an `up` moved by one.
#
# **Used by** gpt-oss-20b and gpt-oss-120b
#
# Sources: [OpenAI 2025](https://arxiv.org/abs/2508.10925), section 2; [OpenAI's reference code](https://github.com/openai/gpt-oss/blob/main/gpt_oss/torch/model.py); [Xiao et al. 2023](https://arxiv.org/abs/2309.17453) for sinks; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gpt_oss/modeling_gpt_oss.py).

# %%
import torch

from cache import attend_to_kept, empty_cache
from configuration import attention_shapes, model_shapes, pattern, shapes_at, with_defaults
from experts import mixture
from layers import embed, linear, normed_and_unembedded, project, queries_keys_values, rms_norm
from positions import rope_parameters, rotary, rotate_halves


def complete(config):
    config = with_defaults(config, "gpt_oss")
    config["layer_types"] = config["layer_types"] or pattern(config, "sliding_attention", "full_attention", every=2)
    return config


# %% [markdown]
# ## Weights
#
# The experts of a layer are stacked, input by output.

# %%
def weight_shapes(config):
    config = complete(config)
    M, N, E = config["hidden_size"], config["intermediate_size"], config["num_local_experts"]
    H, G, D = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    shapes = model_shapes(config)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        shapes.update(shapes_at(at, input_layernorm=[M], post_attention_layernorm=[M]))
        shapes.update(attention_shapes(f"{at}.self_attn", H, G, D, M, config["attention_bias"]))
        shapes[f"{at}.self_attn.sinks"] = [H]
        shapes.update(shapes_at(f"{at}.mlp", True, router=[E, M]))
        at = f"{at}.mlp.experts"
        shapes.update({f"{at}.gate_up_proj": [E, M, 2 * N], f"{at}.gate_up_proj_bias": [E, 2 * N],
                       f"{at}.down_proj": [E, N, M], f"{at}.down_proj_bias": [E, M]})
    return shapes


# %% [markdown]
# ## Attention

# %%
def attention(x, weights, name, config, rotation, window, kept):
    D = config["head_dim"]
    q, k, v = queries_keys_values(x, weights, name, D)                 # [B, H or G, T, D]
    q, k = rotate_halves(q, *rotation), rotate_halves(k, *rotation)
    heads = attend_to_kept(q, k, v, kept, D**-0.5, window, weights[f"{name}.sinks"])             # [B, T, H · D]
    return project(heads, weights, f"{name}.o_proj")                   # [B, T, M]


# %% [markdown]
# ## Experts
#
# The router's best K scores become shares by a softmax among themselves.

# %%
def experts(x, weights, name, config):
    scores = project(x.flatten(0, 1), weights, f"{name}.router")       # [B · T, E]
    scores, chosen = scores.topk(config["num_experts_per_tok"], dim=-1)

    def weight(part, e):
        return weights[f"{name}.experts.{part}"][e]

    def expert(e, rows):                                               # [N, M]
        gate_up = linear(rows, weight("gate_up_proj", e).T, weight("gate_up_proj_bias", e))
        gate, up = gate_up[:, 0::2], gate_up[:, 1::2]                  # neighbours, not halves
        gate = gate.clamp(max=config["swiglu_limit"])
        up = up.clamp(min=-config["swiglu_limit"], max=config["swiglu_limit"])
        gated = gate * torch.sigmoid(gate * config["swiglu_alpha"]) * (up + 1)
        return linear(gated, weight("down_proj", e).T, weight("down_proj_bias", e))

    return mixture(x, chosen, torch.softmax(scores, dim=-1), expert)


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
    T, eps = input_ids.shape[1], config["rms_norm_eps"]
    rope = rope_parameters(config, theta=150000.0)
    rotation = rotary(rope, config["head_dim"], cache["length"], T, input_ids.device)

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    hidden_states = []
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at = f"model.layers.{layer}"
        window = config["sliding_window"] if config["layer_types"][layer] == "sliding_attention" else None
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        x = x + attention(normed, weights, f"{at}.self_attn", config, rotation, window, kept)
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        x = x + experts(normed, weights, f"{at}.mlp", config)
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

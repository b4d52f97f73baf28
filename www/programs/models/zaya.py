# %% [markdown]
# # ZAYA
#
# [Compressed convolutional attention](convolutional_attention.py) works in a narrow space from the first projection to the last: in ZAYA1-8B its queries are half as wide as the model and its keys and values an eighth, with no way back up but the output projection.
# What the narrow space costs is made good by letting neighbours mix: two short convolutions run over queries and keys, each query also gets a part of its key and each key of its queries, and half of the values are those of the token before.
# Queries and keys are of one length, and a learned number per key head says how sharp its attention is.
#
# **Special** is also the router: a small network of its own, which hands its state from layer to layer, chooses one expert per token, and may choose none.
# The residual stream is stretched and moved at every addition, by a weight for each of its numbers.
#
# **Used by** ZAYA1-8B
#
# Sources: [Figliolia et al. 2025](https://arxiv.org/abs/2510.04476) for the attention; [Zyphra 2026](https://arxiv.org/abs/2605.05365) for the model; names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/zaya/modeling_zaya.py).

# %%
import torch
import torch.nn.functional as F

from cache import empty_cache
from configuration import check_layer_types, model_shapes, shapes_at, with_defaults
from convolutional_attention import attention, attention_shapes
from experts import choose, mixture, stacked_expert
from layers import embed, normed_and_unembedded, project, rms_norm
from positions import rotary_of_type


def complete(config):
    config = with_defaults(config, "zaya")
    assert config["num_experts_per_tok"] == 1, "the router of this architecture chooses one expert"
    config["layer_types"] = config["layer_types"] or ["hybrid"] * config["num_hidden_layers"]
    check_layer_types(config, ("hybrid", "hybrid_sliding"))
    return config


# %% [markdown]
# ## Weights

# %%
def weight_shapes(config):
    config = complete(config)
    M, E, N, R = (config[key] for key in ("hidden_size", "num_experts", "moe_intermediate_size", "router_hidden_size"))
    shapes = model_shapes(config)
    shapes["model.input_hidden_states_scale"] = shapes["model.input_hidden_states_bias"] = [M]
    if config["lm_head_bias"]:
        shapes["lm_head.bias"] = [config["vocab_size"]]
    for layer in range(config["num_hidden_layers"]):
        name = f"model.layers.{layer}"
        shapes.update(shapes_at(name, input_layernorm=[M], post_attention_layernorm=[M]))
        for part in ("hidden_states_scale", "hidden_states_bias", "residual_scale", "residual_bias"):
            shapes[f"{name}.post_attention_residual_scale.{part}"] = [M]
            shapes[f"{name}.post_mlp_residual_scale.{part}"] = [M]
        shapes.update(attention_shapes(f"{name}.self_attn", config))
        at = f"{name}.mlp"
        shapes.update({f"{at}.experts.gate_up_proj": [E, 2 * N, M], f"{at}.experts.down_proj": [E, M, N]})
        shapes.update(shapes_at(f"{at}.gate", True, down_proj=[R, M]))
        shapes.update(shapes_at(f"{at}.gate.router_mlp", True, fc1=[R, R], fc2=[R, R]))
        shapes.update(shapes_at(f"{at}.gate.router_mlp", norm=[R], out_proj=[E + 1, R]))
        shapes[f"{at}.gate.balancing_biases"] = [E + 1]
        if layer > 0:
            shapes[f"{at}.gate.router_states_scale"] = [R]
    return shapes


# %% [markdown]
# ## Experts
#
# The router scores one more than there are experts: who is given to that one stays as it is.

# %%
def route(x, weights, name, config, state):
    """x [B, T, M], the router's state in the layer before [B, T, R] -> scores [B, T, E + 1] and its state here."""
    below, state = state, project(x, weights, f"{name}.down_proj")
    if below is not None:
        state = state + below * weights[f"{name}.router_states_scale"].float()
    hidden = rms_norm(state, weights, f"{name}.router_mlp.norm", config["rms_norm_eps"])
    hidden = F.gelu(project(hidden, weights, f"{name}.router_mlp.fc1"))
    hidden = F.gelu(project(hidden, weights, f"{name}.router_mlp.fc2"))
    return torch.softmax(project(hidden, weights, f"{name}.router_mlp.out_proj"), dim=-1), state


def experts(x, weights, name, config, state):
    scores, state = route(x, weights, f"{name}.gate", config, state)
    chosen, shares = choose(scores.flatten(0, 1), 1, weights[f"{name}.gate.balancing_biases"])   # [B · T, 1]

    def expert(e, rows):
        if e == config["num_experts"]:
            return torch.zeros_like(rows)
        return stacked_expert(rows, weights, f"{name}.experts", e, config["hidden_act"])

    return mixture(x, chosen, shares, expert), state


# %% [markdown]
# ## The model

# %%
def new_cache(config):
    return empty_cache(complete(config)["num_hidden_layers"])


def add(x, found, weights, name):
    """Adds what a part found to the residual stream, after both were moved and stretched."""
    found = (found + weights[f"{name}.hidden_states_bias"].float()) * weights[f"{name}.hidden_states_scale"].float()
    return found + (x + weights[f"{name}.residual_bias"].float()) * weights[f"{name}.residual_scale"].float()


def unembed(weights, config, x):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x."""
    return normed_and_unembedded(x, weights, complete(config))


def forward(weights, config, input_ids, cache=None):
    """Logits [B, T, V] and the residual stream before each layer, the last one after the final norm."""
    config = complete(config)
    cache = new_cache(config) if cache is None else cache
    start, T, device, eps = cache["length"], input_ids.shape[1], input_ids.device, config["rms_norm_eps"]
    D, kinds = config["head_dim"], config["rope_parameters"]
    rotations = {kind: rotary_of_type(config, kind, D, start, T, device) for kind in kinds}

    x = embed(weights["model.embed_tokens.weight"], input_ids)         # [B, T, M]
    x = (x + weights["model.input_hidden_states_bias"].float()) * weights["model.input_hidden_states_scale"].float()
    hidden_states, state = [], None
    for layer, kept in enumerate(cache["layers"]):
        hidden_states.append(x)
        at, kind = f"model.layers.{layer}", config["layer_types"][layer]
        window = config["sliding_window"] if kind == "hybrid_sliding" else None
        normed = rms_norm(x, weights, f"{at}.input_layernorm", eps)
        found = attention(normed, weights, f"{at}.self_attn", config, rotations[kind], window, kept)
        x = add(x, found, weights, f"{at}.post_attention_residual_scale")
        normed = rms_norm(x, weights, f"{at}.post_attention_layernorm", eps)
        found, state = experts(normed, weights, f"{at}.mlp", config, state)
        x = add(x, found, weights, f"{at}.post_mlp_residual_scale")
    logits, x = normed_and_unembedded(x, weights, config)
    hidden_states.append(x)
    cache["length"] += T
    return logits, hidden_states

# %% [markdown]
# # Experts beside a feed-forward layer
#
# In [Gemma 4](gemma4_text.py) 26B-A4B a mixture of experts does not take the feed-forward layer's place: both read the residual stream, each through its own norms, and what they make of it is added.
# The router reads the stream through a norm without weight, stretched by a learned vector, and each expert's share is stretched by a learned number of its own.
#
# Sources: [Google's own code](https://github.com/google-deepmind/gemma/tree/main/gemma/gm/nn/gemma4); names and fields as in [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/gemma4/modeling_gemma4.py).

# %%
import torch

from configuration import shapes_at
from experts import choose, in_shares, mixture, stacked_expert
from layers import project, rms_norm, rms_norm_unweighted


def expert_shapes(at, config):
    """What a layer has for its experts: their weights, the router's, and three norms, one of them of the layer beside."""
    M, E, inner = config["hidden_size"], config["num_experts"], config["moe_intermediate_size"]
    shapes = shapes_at(at, pre_feedforward_layernorm_2=[M], post_feedforward_layernorm_2=[M])
    shapes.update({**shapes_at(at, post_feedforward_layernorm_1=[M]), **shapes_at(f"{at}.router", proj=[E, M])})
    shapes.update({f"{at}.router.scale": [M], f"{at}.router.per_expert_scale": [E]})
    at = f"{at}.experts"
    return {**shapes, f"{at}.gate_up_proj": [E, 2 * inner, M], f"{at}.down_proj": [E, M, inner]}


def experts(x, weights, name, config):
    """x [B, T, M] -> what the K chosen of E experts make of each token, normed [B, T, M]."""
    eps, scale = config["rms_norm_eps"], weights[f"{name}.router.scale"].float() * x.shape[-1]**-0.5
    logits = project(rms_norm_unweighted(x, eps) * scale, weights, f"{name}.router.proj")        # [B, T, E]
    chosen, scores = choose(torch.softmax(logits.flatten(0, 1), dim=-1), config["top_k_experts"])        # [B · T, K]
    shares = in_shares(scores) * weights[f"{name}.router.per_expert_scale"].float()[chosen]
    x = rms_norm(x, weights, f"{name}.pre_feedforward_layernorm_2", eps)
    at, act = f"{name}.experts", config["hidden_activation"]
    made = mixture(x, chosen, shares, lambda e, rows: stacked_expert(rows, weights, at, e, act))
    return rms_norm(made, weights, f"{name}.post_feedforward_layernorm_2", eps)

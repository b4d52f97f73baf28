# %% [markdown]
# # Switching parts of a model off
#
# What does a head do? Switch it off, and see what the model predicts without it: an *ablation*. Or scale what it adds to the residual stream, by any factor.
# What a head found is multiplied by columns of its own in the matrix that brings all heads back to the model's width. To scale these columns is to scale the head, and no program of an architecture has to know of it.
#
# - **N** rows of that matrix, in most architectures the model's width
# - **H** heads: query heads, or the heads of a recurrent layer
# - **D** width of what a head found
#
# Sources: [Michel et al. 2019](https://arxiv.org/abs/1905.10650), section 2.3, for heads that are switched off one at a time.

# %%
import re

from checkpoint import Refused

import torch

HOW = ("write 3.1=0 to switch head 1 of layer 3 off, 3.attention=0.5 or 3.feed_forward=0.5 to halve what a part of the "
       "layer adds, 3=0 to switch all of the layer off")


def scale_parts(weights, config, scaled):
    """A copy of the weights in which parts are scaled as a text says: "3.1=0, 5.feed_forward=0.5".

    `config` is complete. A part that is named twice is scaled by the product of both factors.
    """
    weights = type(weights)(weights)
    layers = layers_of(weights)
    for word in scaled.replace(",", " ").split():
        layer, part, factor = parse(word)
        if layer not in layers:
            raise Refused(f"{word}: the model has layers 0 to {max(layers)}, and no layer {layer}")
        at, names = layers[layer]
        parts = parts_of(names)
        if part.isdigit():
            H, output = heads_of(weights, config, layer, at, names)
            if int(part) >= H:
                raise Refused(f"{word}: layer {layer} has " + (f"heads 0 to {H - 1}" if H else "no heads") + f", and no head {part}")
            scale_head(weights, config, output, H, int(part), factor)
        elif part == "":
            for leaving in parts.values():
                scale_part(weights, config, at, leaving, factor)
        elif part not in parts:
            raise Refused(f"{word}: layer {layer} has no {part.replace('_', '-')}")
        else:
            scale_part(weights, config, at, parts[part], factor)
    return weights


def parse(word):
    """ "3.1=0" -> the layer, the part ("" for all, "attention", "feed_forward" or a head's number) and the factor."""
    match = re.match(r"(\d+)(\.(\d+|attention|feed_forward))?=(-?(\d+(\.\d*)?|\.\d+))$", word)
    if match is None:
        raise Refused(f"“{word}” does not say what is scaled, and by how much: {HOW}")
    return int(match.group(1)), match.group(3) or "", float(match.group(4))


def put(weights, name, weight):
    """In place of a weight; of one that was integers, the scales are gone, since they are part of it now."""
    weights[name] = weight
    weights.pop(f"{name}_scale", None)


# %% [markdown]
# ## A part
#
# What a part adds is a multiple of the weights that it leaves by: a projection and its bias, those of all experts, in Gemma the norm that follows, since it would undo any factor before it, and ZAYA's own scale.

# %%
PROJECTIONS = {
    "attention": r"(self_attn|linear_attn|attn|mixer)\.(o_proj|out_proj|c_proj|wo_b)\.(weight|bias)$",
    "feed_forward": r"(mlp|ffn|block_sparse_moe|mixer)\.((experts\.\d+|experts|shared_experts?)\.)?"
                    r"(down_proj|c_proj|w2|fc2_latent_proj(?=\.bias))(\.weight|\.bias|_bias)?$",
}
NORMS = {"attention": r"post_attention_layernorm\.weight$", "feed_forward": r"post_feedforward_layernorm\.weight$",
         "layer's own embedding": r"post_per_layer_input_norm\.weight$"}
SCALES = {"attention": r"post_attention_residual_scale\.hidden_states_scale$",
          "feed_forward": r"post_mlp_residual_scale\.hidden_states_scale$"}


def layers_of(weights):
    """By the number of a layer, where its weights are ("model.layers.3") and the rest of their names."""
    layers = {}
    for name in weights:
        match = re.match(r"(.*\b(layers|h)\.(\d+))\.(.+)$", name)
        if match is not None:
            layers.setdefault(int(match.group(3)), (match.group(1), []))[1].append(match.group(4))
    return layers


def parts_of(names):
    """By the name of a part of a layer, the weights that it leaves by."""
    table = PROJECTIONS
    if "pre_feedforward_layernorm.weight" in names:
        table = NORMS
    elif "post_mlp_residual_scale.hidden_states_scale" in names:
        table = SCALES
    parts = {part: [name for name in names if re.match(pattern, name)] for part, pattern in table.items()}
    return {part: leaving for part, leaving in parts.items() if leaving}


def scale_part(weights, config, at, names, factor):
    for name in names:
        weight = weights[f"{at}.{name}"].float()
        # Gemma 3 stores how far the norm's weight is from one.
        stored_from = 1.0 if config["model_type"] == "gemma3_text" else 0.0
        put(weights, f"{at}.{name}", (weight + stored_from) * factor - stored_from)


# %% [markdown]
# ## A head

# %%
def heads_of(weights, config, layer, at, names):
    """How many heads a layer has, and the name of the matrix in which each has its columns; 0 where it has none."""
    outputs = [name for name in names if re.match(PROJECTIONS["attention"], name) and name.endswith(".weight")]
    if not outputs:
        return 0, ""
    output = f"{at}.{outputs[0]}"
    # A recurrent layer has a rate of fading for each head.
    rates = [name for name in names if name.endswith(".A_log")]
    if rates:
        return weights[f"{at}.{rates[0]}"].numel(), output
    if "heads" in config:
        return config["heads"][layer], output                          # Laguna has a number of its own for each layer
    return config["num_attention_heads"] if "num_attention_heads" in config else config["n_head"], output


def scale_head(weights, config, output, H, head, factor):
    """Scales the columns of one head, D of the H · D columns of a matrix [N, H · D]."""
    factors = torch.ones(H, device=weights[output].device)
    factors[head] = factor
    if config["model_type"] == "deepseek_v4":
        # The heads of a group have a matrix of their own, [groups · N, H / groups · D] all together.
        name, groups = output.replace("wo_b", "wo_a"), config["o_groups"]
        weight = weights[name].float()
        columns = factors.repeat_interleave(weight.shape[1] * groups // H).view(groups, 1, -1)
        put(weights, name, (weight.view(groups, -1, weight.shape[1]) * columns).view(weight.shape))
        return
    weight = weights[output].float()
    if config["model_type"] == "gpt2":
        # Stored the other way round.
        put(weights, output, weight * factors.repeat_interleave(weight.shape[0] // H)[:, None])
    else:
        put(weights, output, weight * factors.repeat_interleave(weight.shape[1] // H))

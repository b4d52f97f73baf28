# %% [markdown]
# # What the architectures share
#
# Each architecture is one file beside this one, and this file holds the parts that are the same in several of them.
# A weight stays in the dtype in which its checkpoint stores it and becomes float32 where it is used.
# A cache is a dictionary of plain tensors for each layer: a new token reads what earlier tokens left there, and adds its own.
#
# - **B** batch
# - **T** tokens that are new: those that ask
# - **S** keys: those that the cache keeps and the new ones
# - **H** query heads
# - **G** key/value heads, one for each group of `H / G` query heads
# - **D** head width
# - **M** model width
# - **V** vocabulary
# - **E** experts
# - **K** experts chosen for a token
#
# Sources: [Su et al. 2021](https://arxiv.org/abs/2104.09864) for rotary positions, [Peng et al. 2023](https://arxiv.org/abs/2309.00071) for YaRN, [Zhang and Sennrich 2019](https://arxiv.org/abs/1910.07467) for RMSNorm, [Shazeer 2020](https://arxiv.org/abs/2002.05202) for gated feed-forward layers; the fields of a configuration are those of [transformers](https://github.com/huggingface/transformers).

# %%
import math

import torch
import torch.nn.functional as F


# %% [markdown]
# ## Projections and norms

# %%
def linear(x, weight, bias=None):
    """x [..., M], weight [N, M], bias [N] -> [..., N], in float32."""
    return F.linear(x, weight.float(), None if bias is None else bias.float())


def project(x, weights, name):
    """x [..., M] -> [..., N] by the weight of this name and, where the checkpoint has one, its bias."""
    return linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))


def linear_shapes(name, width_out, width_in, bias=False):
    """The weights that `project` reads under a name."""
    shapes = {f"{name}.weight": [width_out, width_in]}
    if bias:
        shapes[f"{name}.bias"] = [width_out]
    return shapes


def embed(weight, input_ids):
    """weight [V, M], input_ids [B, T] -> [B, T, M]: the rows of the tokens, only those made float32."""
    return F.embedding(input_ids, weight).float()


def layer_norm(x, weights, name, eps):
    """x [..., M] -> [..., M] of mean zero and variance one, then stretched by a weight and moved by a bias."""
    weight, bias = weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float()
    return F.layer_norm(x, weight.shape, weight, bias, eps)


def rms_norm(x, weight, eps):
    """x [..., M], weight [M] -> [..., M] with a root mean square of one, then stretched by the weight."""
    return F.rms_norm(x, x.shape[-1:], eps=eps) * weight.float()


def activation(x, name):
    """x of any shape, by the name that a configuration gives to its activation."""
    if name in ("silu", "swish"):
        return F.silu(x)
    if name == "gelu":
        return F.gelu(x)
    if name in ("gelu_new", "gelu_pytorch_tanh"):
        return F.gelu(x, approximate="tanh")
    if name == "relu":
        return F.relu(x)
    if name == "tanh":
        return torch.tanh(x)
    assert name == "relu2", f"the activation {name} is not among those that these programs know"
    return F.relu(x).square()


# %% [markdown]
# ## Rotary positions
#
# A head's numbers are taken in pairs, and pair `i` is turned by `position · frequency[i]`: the product of a query and a key then depends on how far they are apart.
# Checkpoints lay the pairs out in two ways. To read further than in training, the slow frequencies are made slower.

# %%
def rope_parameters(config, theta=10000.0, layer_type=None):
    """A configuration's `rope_parameters`, or the `rope_scaling` and `rope_theta` of older files, in one dictionary.

    Where layers of several types rotate differently, `rope_parameters` is a dictionary of them by `layer_type`.
    """
    rope = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if layer_type in rope:
        rope = rope[layer_type]
    rope = {"rope_theta": config.get("rope_theta") or theta, **rope}
    if "rope_type" not in rope:
        rope["rope_type"] = rope.get("type", "default")
    if "original_max_position_embeddings" not in rope:
        rope["original_max_position_embeddings"] = config["max_position_embeddings"]
    return rope


def rope_frequencies(rope, width, device=None):
    """Frequencies [width / 2], in radians per position, and the factor of cosine and sine that YaRN adds."""
    base, kind = rope["rope_theta"], rope["rope_type"]
    frequencies = 1.0 / base ** (torch.arange(0, width, 2, device=device).float() / width)
    if kind == "default":
        return frequencies, 1.0
    if kind == "linear":
        return frequencies / rope["factor"], 1.0
    if kind == "longrope":
        assert rope["long_factor"] == rope["short_factor"], "factors that depend on the length of a text are not supported"
        assert rope.get("attention_factor") is not None, "longrope without an attention_factor is not supported"
        return frequencies / torch.tensor(rope["long_factor"], device=device), rope["attention_factor"]
    if kind == "llama3":
        return llama3_frequencies(rope, frequencies), 1.0
    assert kind == "yarn", f"rotary positions of type {kind} are not among those that these programs know"
    return yarn_frequencies(rope, frequencies), yarn_attention_factor(rope)


def llama3_frequencies(rope, frequencies):
    """Slow frequencies are divided by the factor, fast ones stay, and between the two wavelengths one fades over."""
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    turns = rope["original_max_position_embeddings"] * frequencies / (2 * math.pi)   # in the context of training
    share = ((turns - low) / (high - low)).clamp(0, 1)
    return (1 - share) * frequencies / rope["factor"] + share * frequencies


def yarn_frequencies(rope, frequencies):
    """As `llama3_frequencies`, but what fades over is the index of the pair."""
    width, context = 2 * frequencies.shape[0], rope["original_max_position_embeddings"]

    def index_that_turns(times):
        return width * math.log(context / (times * 2 * math.pi)) / (2 * math.log(rope["rope_theta"]))

    first = index_that_turns(rope.get("beta_fast") or 32)
    last = index_that_turns(rope.get("beta_slow") or 1)
    if rope.get("truncate", True):
        first, last = math.floor(first), math.ceil(last)
    first, last = max(first, 0), min(last, width - 1)
    index = torch.arange(width // 2, device=frequencies.device).float()
    slow = ((index - first) / max(last - first, 0.001)).clamp(0, 1)
    return frequencies / rope["factor"] * slow + frequencies * (1 - slow)


def yarn_attention_factor(rope):
    """What cosine and sine are multiplied by: scores grow by its square, since longer contexts flatten attention."""
    if rope.get("attention_factor") is not None:
        return rope["attention_factor"]
    if rope.get("mscale") and rope.get("mscale_all_dim"):
        return yarn_scale(rope["factor"], rope["mscale"]) / yarn_scale(rope["factor"], rope["mscale_all_dim"])
    return yarn_scale(rope["factor"])


def yarn_scale(factor, weight=1.0):
    return 0.1 * weight * math.log(factor) + 1.0 if factor > 1 else 1.0


def rotary(rope, width, start, count, device=None):
    """Cosine and sine [T, width / 2] of the positions start, start + 1, ... start + count - 1."""
    frequencies, factor = rope_frequencies(rope, width, device)
    positions = torch.arange(start, start + count, device=device).float()
    angles = positions[:, None] * frequencies                          # [T, width / 2]
    return angles.cos() * factor, angles.sin() * factor


def rotate_halves(x, cos, sin):
    """x [..., T, D], cos and sin [T, R / 2] -> [..., T, D]: pairs (i, i + R / 2); numbers beyond the first R stay."""
    half = cos.shape[-1]
    a, b, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], dim=-1)


def rotate_pairs(x, cos, sin):
    """x [..., T, D], cos and sin [T, D / 2] -> [..., T, D]: neighbours (2i, 2i + 1) are the pairs."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, b * cos + a * sin], dim=-1).flatten(-2)


# %% [markdown]
# ## Attention over a cache

# %%
def split_heads(x, width):
    """x [B, T, H · D] -> [B, H, T, D]."""
    B, T, _ = x.shape
    return x.view(B, T, -1, width).transpose(1, 2)


def append(kept, name, new, window=None):
    """What a layer keeps under a name, then what is new [..., T, D] -> [..., S, D]; a window keeps its last ones."""
    entries = torch.cat([kept[name], new], dim=-2) if name in kept else new
    outgrown = window is not None and entries.shape[-2] > window
    # A view holds on to all that it is a view of: what is kept is a copy, and lets go of the rest.
    kept[name] = entries[..., -window:, :].clone() if outgrown else entries.contiguous()
    return entries


def attention_shapes(name, H, G, D, width, bias=False):
    """The projections of H query heads and G key/value heads, and the one back to the model's width."""
    return {
        **linear_shapes(f"{name}.q_proj", H * D, width, bias),
        **linear_shapes(f"{name}.k_proj", G * D, width, bias),
        **linear_shapes(f"{name}.v_proj", G * D, width, bias),
        **linear_shapes(f"{name}.o_proj", width, H * D, bias),
    }


def causal_mask(T, S, window=None, device=None):
    """[T, S], true where a token may look: the T tokens are the last of S positions, a window ends at its token."""
    token = torch.arange(S - T, S, device=device)[:, None]
    key = torch.arange(S, device=device)
    mask = key <= token
    return mask if window is None else mask & (key > token - window)


def attend(q, k, v, mask, scale, sinks=None):
    """q [B, H, T, D], k [B, G, S, D], v [B, G, S, Dv], mask [T, S], sinks [H] -> [B, T, H · Dv]."""
    B, H, T, D = q.shape
    G, S = k.shape[1:3]
    groups = q.reshape(B, G, H // G, T, D)
    scores = groups @ k[:, :, None].transpose(-1, -2) * scale          # [B, G, H / G, T, S]
    scores = scores.view(B, H, T, S).masked_fill(~mask, -torch.inf)
    if sinks is None:
        shares = torch.softmax(scores, dim=-1)                         # [B, H, T, S]
    else:
        # A sink is one more score in each row: it takes its share of the softmax and gives nothing.
        sink = sinks.float().view(1, H, 1, 1).expand(B, H, T, 1)
        shares = torch.softmax(torch.cat([scores, sink], dim=-1), dim=-1)[..., :-1]
    heads = shares.reshape(B, G, H // G, T, S) @ v[:, :, None]         # [B, G, H / G, T, Dv]
    return heads.reshape(B, H, T, -1).transpose(1, 2).reshape(B, T, -1)


# %% [markdown]
# ## Feed-forward layers and experts

# %%
def gated_feed_forward(x, weights, name, act, gate="gate_proj", up="up_proj", down="down_proj"):
    """x [..., M] -> [..., M]."""
    gated = activation(project(x, weights, f"{name}.{gate}"), act) * project(x, weights, f"{name}.{up}")
    return project(gated, weights, f"{name}.{down}")


def gated_feed_forward_shapes(name, width, inner, gate="gate_proj", up="up_proj", down="down_proj", bias=False):
    """The weights that `gated_feed_forward` reads under a name: from the model's width to an inner one and back."""
    return {
        **linear_shapes(f"{name}.{gate}", inner, width, bias),
        **linear_shapes(f"{name}.{up}", inner, width, bias),
        **linear_shapes(f"{name}.{down}", width, inner, bias),
    }


def mixture(x, experts, shares, expert):
    """x [N, M], experts and shares [N, K]: whom each row chose, and how much each counts -> [N, M], the weighted sum.

    What an expert makes of some rows is `expert(number, rows)`. The choices are sorted by expert, so that each is
    called once, with all its rows; how many those are is read for all in one go, since to wait for a device is slow.
    """
    N, K = experts.shape
    choices = experts.flatten().argsort()                              # [N · K]
    # Without values (the device meta counts shapes and costs) any K experts stand for those that would be chosen.
    counts = [N] * K if x.is_meta else torch.bincount(experts.flatten()).tolist()
    out = torch.zeros_like(x)
    start = 0
    for e, count in enumerate(counts):
        if count > 0:
            choice = choices[start:start + count]
            rows = choice // K
            out.index_add_(0, rows, expert(e, x[rows]) * shares.flatten()[choice, None])
        start += count
    return out


# %% [markdown]
# ## Convolution
#
# In front of a recurrent layer, a short convolution lets each token see the few before it.

# %%
def causal_convolution(x, weight, bias, kept, name):
    """x [B, T, C], weight [C, 1, N], bias [C] or none -> [B, T, C]: each channel sums its last N tokens.

    Under the name, a layer keeps the N - 1 tokens that the next one looks back on; before the first there are zeros.
    """
    B, T, C = x.shape
    before = weight.shape[-1] - 1
    assert before > 0, "a convolution over one token is a product, not a convolution"
    if name not in kept:
        kept[name] = torch.zeros(B, before, C, device=x.device)
    x = append(kept, name, x, window=before).transpose(1, 2)           # [B, C, N - 1 + T]
    bias = None if bias is None else bias.float()
    return F.conv1d(x, weight.float(), bias, groups=C).transpose(1, 2)


# %% [markdown]
# ## A norm without a weight

# %%
def rms_norm_unweighted(x, eps):
    """x [..., M] -> [..., M] with a root mean square of one."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


# %% [markdown]
# ## Layers of several types

# %%
def check_layer_types(config, known, field="layer_types"):
    """Refuses a list of layers that is longer or shorter than the model is deep, or has a type that is not known."""
    L, types = config["num_hidden_layers"], config[field]
    assert len(types) == L, f"{field} is a list of {len(types)}, and the model has {L} layers"
    for layer_type in types:
        assert layer_type in known, f"layers of type {layer_type} are not part of this architecture"

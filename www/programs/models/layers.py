# %% [markdown]
# # What the architectures share
#
# Each architecture is one file beside this one, and this file holds the parts that are the same in most of them.
# Beside it stand [rotary positions](positions.py), [what a layer keeps](cache.py), [mixtures of experts](experts.py), and what a [configuration](configuration.py) says of the weights.
# A weight stays in the dtype in which its checkpoint stores it and becomes float32 where it is used.
#
# - **B** batch
# - **T** tokens that are new: those that ask
# - **S** keys: those that the cache keeps and the new ones
# - **H** query heads
# - **G** key/value heads, one for each group of `H / G` query heads
# - **D** head width
# - **M** model width
# - **V** vocabulary
#
# Sources: [Zhang and Sennrich 2019](https://arxiv.org/abs/1910.07467) for RMSNorm, [Shazeer 2020](https://arxiv.org/abs/2002.05202) for gated feed-forward layers; the fields of a configuration are those of [transformers](https://github.com/huggingface/transformers).

# %%
import torch
import torch.nn.functional as F

from configuration import GATED


# %% [markdown]
# ## Projections and norms

# %%
def linear(x, weight, bias=None):
    """x [..., M], weight [N, M], bias [N] -> [..., N], in float32."""
    return F.linear(x, weight.float(), None if bias is None else bias.float())


def project(x, weights, name):
    """x [..., M] -> [..., N] by the weight of this name and, where the checkpoint has one, its bias."""
    return linear(x, weights[f"{name}.weight"], weights.get(f"{name}.bias"))


def embed(weight, input_ids):
    """weight [V, M], input_ids [B, T] -> [B, T, M]: the rows of the tokens, only those made float32."""
    return F.embedding(input_ids, weight).float()


def layer_norm(x, weights, name, eps):
    """x [..., M] -> [..., M] of mean zero and variance one, then stretched by a weight and moved by a bias."""
    weight, bias = weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float()
    return F.layer_norm(x, weight.shape, weight, bias, eps)


def rms_norm(x, weights, name, eps):
    """x [..., M] -> [..., M] with a root mean square of one, then stretched by the weight of this name."""
    weight = weights[f"{name}.weight"].float()
    return F.rms_norm(x, weight.shape, weight, eps)


def rms_norm_from_one(x, weights, name, eps):
    """The same where the stored weight says how far the norm's is from one; in float32 their sum is exact."""
    return F.rms_norm(x, x.shape[-1:], 1.0 + weights[f"{name}.weight"].float(), eps)


def rms_norm_unweighted(x, eps):
    """x [..., M] -> [..., M] with a root mean square of one."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)


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
# ## Attention

# %%
def split_heads(x, width):
    """x [B, T, H · D] -> [B, H, T, D]."""
    return x.unflatten(-1, (-1, width)).transpose(1, 2)


def join_heads(x):
    """x [B, H, T, D] -> [B, T, H · D]."""
    return x.transpose(1, 2).flatten(2)


def queries_keys_values(x, weights, name, D):
    """x [B, T, M] -> q [B, H, T, D], k and v [B, G, T, D], by the projections under the name."""
    q = split_heads(project(x, weights, f"{name}.q_proj"), D)
    k = split_heads(project(x, weights, f"{name}.k_proj"), D)
    v = split_heads(project(x, weights, f"{name}.v_proj"), D)
    return q, k, v


def causal_mask(T, S, window=None, device=None):
    """[T, S], true where a token may look: the T tokens are the last of S positions, a window ends at its token."""
    token = torch.arange(S - T, S, device=device)[:, None]
    key = torch.arange(S, device=device)
    mask = key <= token
    return mask if window is None else mask & (key > token - window)


def attend(q, k, v, mask, scale, sinks=None):
    """q [B, H, T, D], k [B, G, S, D], v [B, G, S, Dv], mask [T, S] or none, sinks [H] -> [B, T, H · Dv]."""
    B, H, T, D = q.shape
    G, S = k.shape[1:3]
    # The queries of a group's heads one below the other: its keys are read once for all of them.
    groups = q.reshape(B, G, -1, D)                                    # [B, G, H / G · T, D]
    scores = groups @ k.transpose(-1, -2) * scale                      # [B, G, H / G · T, S]
    scores = scores.view(B, H, T, S)
    if mask is not None:
        scores = torch.where(mask, scores, -torch.inf)
    if sinks is None:
        shares = torch.softmax(scores, dim=-1)                         # [B, H, T, S]
    else:
        # A sink is one more score in each row: it takes its share of the softmax and gives nothing.
        sink = sinks.float().view(1, H, 1, 1).expand(B, H, T, 1)
        shares = torch.softmax(torch.cat([scores, sink], dim=-1), dim=-1)[..., :-1]
    heads = shares.reshape(B, G, -1, S) @ v                            # [B, G, H / G · T, Dv]
    return join_heads(heads.view(B, H, T, -1))


# %% [markdown]
# ## Feed-forward layers

# %%
def gated_feed_forward(x, weights, name, act, parts=GATED, limit=None):
    """x [..., M] -> [..., M]; a limit is how far from zero the gate and what it lets through may come."""
    gate, up = project(x, weights, f"{name}.{parts[0]}"), project(x, weights, f"{name}.{parts[1]}")
    if limit is not None:
        gate, up = gate.clamp(max=limit), up.clamp(min=-limit, max=limit)
    return project(activation(gate, act) * up, weights, f"{name}.{parts[2]}")


# %% [markdown]
# ## Logits

# %%
def soft_cap(x, cap):
    """x of any shape, bent so that it never reaches the cap on either side."""
    return torch.tanh(x / cap) * cap


def normed_and_unembedded(x, weights, config, norm=rms_norm, head="lm_head"):
    """The residual stream x [B, T, M] -> logits [B, T, V], and what the final norm makes of x.

    A head that is tied is the embedding once more.
    """
    x = norm(x, weights, "model.norm", config["rms_norm_eps"])
    matrix = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else f"{head}.weight"]
    logits, cap = linear(x, matrix, weights.get(f"{head}.bias")), config.get("final_logit_softcapping")
    return logits if cap is None else soft_cap(logits, cap), x

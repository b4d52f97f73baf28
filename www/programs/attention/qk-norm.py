# %% [markdown]
# # QK-norm
#
# Every query and every key is divided by its own root mean square before they meet, and multiplied channel by channel by a learned scale.
# How long the vectors were no longer matters, only where they point: a score cannot grow with the weights, whatever training does to them.
# That keeps softmax from collapsing onto a single word, which is how large models used to lose their training runs.
#
# `Z = softmax(norm(Q) norm(K)ᵀ / √D + mask) V` with `norm(u) = u / √(mean(u²) + ε) · w`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** full attention, with scores that are bounded: `√D` times the largest scales of query and key.
#
# **Gives up** the length of queries and keys, with which a word could have insisted or abstained.
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** Qwen3, Gemma 3, Gemma 4, OLMo 2, OLMo 3, MiniMax-M2, GLM-4.5, Qwen3-Next, Trinity Large
#
# **Also called** query-key normalization, QKNorm
#
# **Notes** Norm first, rotary positions after it, in Qwen3 and Gemma 3; Llama 4 norms after the rotation and without a scale ([transformers](https://github.com/huggingface/transformers/tree/main/src/transformers/models/llama4)).
# Qwen3 has one scale of width `D` for all query heads and one for all key heads; OLMo 2 and MiniMax-M2 norm all heads as one long vector of width `H·D` ([transformers, `olmo2`](https://github.com/huggingface/transformers/tree/main/src/transformers/models/olmo2)).
# Gemma 3 and Qwen3-Next store the scale less one, and multiply by `1 + w`; Gemma 4 stores it whole.
# Henry et al. divided by the length, not by the root mean square, and learned one factor in place of `1/√D`; ViT-22B used LayerNorm.
#
# **Try** `growth` at 100, as if training had blown up the query and key matrices: the normed row stays, the plain one is one word.
#
# Sources: [Henry et al. 2020](https://arxiv.org/abs/2010.04245); [Dehghani et al. 2023](https://arxiv.org/abs/2302.05442), section 2; [Qwen3 2025](https://arxiv.org/abs/2505.09388), section 2.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
growth = 10.0     #@param {type:"slider", min:1, max:100, step:1}
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H = len(words), model_width, num_heads
D = M // H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out = weight("out", H * D, M)
query_scale = 1 + weight("query scale", D) / 4      # [D], near one as in a trained model
key_scale = 1 + weight("key scale", D) / 4          # [D]

# %% [markdown]
# ## Dividing by the root mean square

# %%
def rms_norm(t, scale, epsilon=1e-6):
    """Each vector of t, along the last axis, divided by its root mean square and times its scale, by channels."""
    return t * torch.rsqrt(t.pow(2).mean(dim=-1, keepdim=True) + epsilon) * scale


def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention(q, k, v, visible):
    """q [H, T, D], k and v [H, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.transpose(-2, -1) / q.shape[-1]**0.5).masked_fill(~visible, -torch.inf)     # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
plain_q, plain_k, v = [split_heads(x @ W, H) for W in (W_query, W_key, W_value)]    # [H, T, D] each
q, k = rms_norm(plain_q, query_scale), rms_norm(plain_k, key_scale)                 # [H, T, D] each
heads, weights = attention(q, k, v, visible)
out = heads @ W_out                                                                 # [T, M]
print("lengths before", plain_q[0, :4].norm(dim=-1), "after", q[0, :4].norm(dim=-1))
print(out[-1])

fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]        # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# ## When the weights grow
#
# Query and key matrices `growth` times as large make the scores `growth²` times as large. The norm takes it all away.

# %%
_, plain = attention(growth * plain_q, growth * plain_k, v, visible)
_, normed = attention(rms_norm(growth * plain_q, query_scale), rms_norm(growth * plain_k, key_scale), v, visible)
for name, shares in [("plain", plain), ("normed", normed)]:
    print(f"{name:>6}: the last word's largest share, over heads {shares[:, -1].amax(dim=-1).mean():.3f}")

# What is left of growth is the epsilon, a millionth beside a mean square of about one.
print("the norm undoes growth:", torch.allclose(normed, weights, atol=1e-4))

bound = D**0.5 * query_scale.abs().max() * key_scale.abs().max()
largest = (q @ k.transpose(-2, -1) / D**0.5).abs().max()
print(f"largest score {largest:.3f}, bound {bound:.3f}")

# %% [markdown]
# ## Token by token
#
# Keys are normed once, and kept normed.

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    new_q, new_k, new_v = [split_heads(token @ W, H) for W in (W_query, W_key, W_value)]        # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], rms_norm(new_k, key_scale)], dim=1)               # [H, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)                                # [H, S, D]
    seen = visible[position:position + 1, :position + 1]                                        # [1, S]
    found, row = attention(rms_norm(new_q, query_scale), cache["keys"], cache["values"], seen)
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# `2·D` more parameters, nothing in the cache, and no product of matrices.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention(rms_norm(plain_q, query_scale), rms_norm(plain_k, key_scale), v, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # Logit soft-capping
#
# Scores pass through a hyperbolic tangent before softmax: small ones go through as they are, large ones are bent back and none leaves the range from `-c` to `c`.
# Unlike a hard cut this keeps the order of the scores, and a slope for training to follow.
# A word can then be at most `e^(2c)` times as important as another one, whatever the weights have become.
#
# `Z = softmax(c · tanh(Q Kᵀ / (√D · c)) + mask) V`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** full attention, and the order in which a query likes its keys.
#
# **Gives up** how much better the best key is: far above the cap all scores look alike.
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** Gemma 2, Grok-1
#
# **Also called** tanh capping, softcap, logit capping
#
# **Notes** Gemma 2 caps attention at 50 and the logits of the vocabulary at 30; [Grok-1](https://github.com/xai-org/grok-1/blob/main/model.py) caps attention at 30.
# Gemma 3 gave the cap up for QK-norm, Gemma 4 kept that and capped the vocabulary's logits again ([transformers](https://github.com/huggingface/transformers/tree/main/src/transformers/models/gemma4)).
# The cap comes after the division by `√D` and before the mask: the other way round minus infinity becomes `-c`, and words see their future.
# Fused kernels have to know the cap; PyTorch's own function does not.
#
# **Try** a cap of 0.5: every row becomes nearly even. At 50, as in Gemma 2, nothing changes for scores as small as these.
#
# Sources: [Bello et al. 2016](https://arxiv.org/abs/1611.09940), where the tangent first bounded attention's logits; [Gemma 2 2024](https://arxiv.org/abs/2408.00118), section 2.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
cap = 2.0         #@param {type:"slider", min:0.5, max:50, step:0.5}
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

# %% [markdown]
# ## Bending the scores

# %%
def soft_cap(scores, cap):
    return cap * torch.tanh(scores / cap)


def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def capped_attention(q, k, v, visible, cap):
    """q [H, T, D], k and v [H, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = soft_cap(q @ k.transpose(-2, -1) / q.shape[-1]**0.5, cap)                  # [H, T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)           # [H, T, S]
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


for score in [0.1, 1.0, 5.0, 100.0]:
    print(f"{score:5.1f} becomes {soft_cap(torch.tensor(score), cap):.3f}")

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
q, k, v = [split_heads(x @ W, H) for W in (W_query, W_key, W_value)]    # [H, T, D] each
heads, weights = capped_attention(q, k, v, visible, cap)
out = heads @ W_out                                                     # [T, M]
print(out[-1])

# %% [markdown]
# The order of the keys stays, the distance between the best and the worst shrinks.

# %%
free = q[0, -1] @ k[0].T / D**0.5                                       # [T], the last word's scores in the first head
bent = soft_cap(free, cap)                                              # [T]
print("scores run from", free.min(), "to", free.max())
print("capped they run from", bent.min(), "to", bent.max())
print("the same order:", torch.equal(free.argsort(stable=True), bent.argsort(stable=True)))

no_cap, _ = capped_attention(q, k, v, visible, 1e4)
fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]        # [H, T, D]
# A cap of 10 000 moves a score s by s³ / (3 · 10⁸), less than float32 can hold of scores of this size.
print("a high cap is none:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), no_cap, atol=1e-4))

# %% [markdown]
# ## Capped after the mask, the future leaks
#
# The tangent makes minus infinity minus the cap, which is a score like any other.

# %%
late = torch.softmax(soft_cap((q @ k.transpose(-2, -1) / D**0.5).masked_fill(~visible, -torch.inf), cap), dim=-1)
print(f"the first word gives {1 - late[:, 0, 0].mean():.2f} of its attention to words that come after it")

# %% [markdown]
# ## Token by token

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    new_q, new_k, new_v = [split_heads(token @ W, H) for W in (W_query, W_key, W_value)]        # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                                    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)                                # [H, S, D]
    seen = visible[position:position + 1, :position + 1]                                        # [1, S]
    found, row = capped_attention(new_q, cache["keys"], cache["values"], seen, cap)
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# A tangent for each score, which the counter of matrix products leaves out.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    capped_attention(q, k, v, visible, cap)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

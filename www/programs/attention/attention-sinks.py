# %% [markdown]
# # Attention sinks
#
# Softmax must give away all of a row, even where a head has found nothing worth reading; trained models then pour the rest onto the first token, whatever it is.
# A sink is an honest place for that rest: one learned logit for each head that takes part in the softmax like a key, and has no value to give.
# The weights of the real words sum to less than one, and a head can stay silent.
#
# `w_ij = e^(s_ij) / (e^(sink_h) + Σ_j e^(s_ij))` with `S = Q Kᵀ / √D + mask`, then `Z = w V`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads, each with one sink
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** full attention; how the words share what the sink leaves them is what it was.
#
# **Gives up** rows that sum to one, and with them kernels that know nothing of sinks.
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** gpt-oss, MiMo-V2-Flash, DeepSeek V4
#
# **Also called** learned sink logits, softmax with an extra logit, softmax off by one
#
# **Notes** Two things bear this name. [StreamingLLM](https://arxiv.org/abs/2309.17453) found the habit of trained models and keeps the first few tokens' keys beside a sliding window; nothing is learned.
# [gpt-oss](https://github.com/openai/gpt-oss/blob/main/gpt_oss/torch/model.py) learned sinks, in all its layers; MiMo-V2-Flash has them in its layers with windows only ([transformers](https://github.com/huggingface/transformers)).
# The sink is not divided by `√D` and is never masked. A sink that is fixed at zero adds one to the sum, the *softmax off by one* of [Miller 2023](https://www.evanmiller.org/attention-is-off-by-one.html).
#
# **Try** a sink of 8: the heads say almost nothing. At -8 they are as without a sink.
#
# Sources: [gpt-oss 2025](https://arxiv.org/abs/2508.10925), section 2; [Xiao et al. 2023](https://arxiv.org/abs/2309.17453), section 3.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
sink = 1.0        #@param {type:"slider", min:-8, max:8, step:0.5}
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
sinks = sink + weight("sink", H)    # [H], each head learns its own

# %% [markdown]
# ## One more column, which is thrown away

# %%
def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention_with_sinks(q, k, v, sinks, visible, scale):
    """q [H, T, D], k and v [H, S, D], sinks [H], visible [T, S]
    -> what the heads found [T, H · D], and their weights [H, T, S], which sum to less than one"""
    scores = (q @ k.transpose(-2, -1) * scale).masked_fill(~visible, -torch.inf)        # [H, T, S]
    column = sinks[:, None, None].expand(-1, q.shape[1], 1)                             # [H, T, 1]
    weights = torch.softmax(torch.cat([scores, column], dim=-1), dim=-1)[..., :-1]      # [H, T, S]
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before. The sink is seen by all, and is nobody's word.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
q, k, v = [split_heads(x @ W, H) for W in (W_query, W_key, W_value)]        # [H, T, D] each
heads, weights = attention_with_sinks(q, k, v, sinks, visible, 1 / D**0.5)
out = heads @ W_out                                                         # [T, M]
print("sinks", sinks)
print(out[-1])

# %% [markdown]
# What goes into the sink: the first word has one other key to choose, the last one has them all.

# %%
swallowed = 1 - weights.sum(dim=-1)                                         # [H, T]
for word, shares in zip(words, swallowed.T.tolist()):
    print(f"{word:>8}", *[f"{share:.2f}" for share in shares])

# %% [markdown]
# The same from the outside: the sink only makes a row of ordinary attention shorter.

# %%
scores = (q @ k.transpose(-2, -1) / D**0.5).masked_fill(~visible, -torch.inf)
plain = torch.softmax(scores, dim=-1)                                       # [H, T, T]
print("as ordinary attention, made shorter:", torch.allclose(plain * (1 - swallowed)[..., None], weights, atol=1e-5))

# A fused function knows no sink, but a key with a bias of that size and a value of zero is one.
bias = torch.zeros(H, T, T).masked_fill(~visible, -torch.inf)
bias = torch.cat([bias, sinks[:, None, None].expand(H, T, 1)], dim=-1)      # [H, T, T + 1]
nobody = torch.zeros(H, 1, D)
fused = F.scaled_dot_product_attention(
    q[None], torch.cat([k, nobody], dim=1)[None], torch.cat([v, nobody], dim=1)[None], attn_mask=bias[None]
)[0]                                                                        # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

silent, _ = attention_with_sinks(q, k, v, torch.full((H,), 30.0), visible, 1 / D**0.5)
print("heads may be silent:", torch.allclose(silent, torch.zeros(T, H * D), atol=1e-5))

# %% [markdown]
# ## Token by token
#
# The sinks are weights of the model. Nothing of them is kept for a text.

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    new_q, new_k, new_v = [split_heads(token @ W, H) for W in (W_query, W_key, W_value)]        # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                                    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)                                # [H, S, D]
    seen = visible[position:position + 1, :position + 1]                                        # [1, S]
    found, row = attention_with_sinks(new_q, cache["keys"], cache["values"], sinks, seen, 1 / D**0.5)
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# `H` more parameters and one more exponential in each row.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention_with_sinks(q, k, v, sinks, visible, 1 / D**0.5)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

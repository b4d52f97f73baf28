# %% [markdown]
# # Causal attention
#
# A model that writes must not see the word it is about to write, so each word may attend only to itself and to what came before.
# Either the forbidden weights are set to zero after softmax and each row divided by what is left, or the forbidden scores are set to minus infinity before it.
# Both give the same numbers; the second is one step shorter and is what everybody does.
#
# `Z = softmax(Q Kᵀ / √D + mask) V`, where the mask is `0` on and below the diagonal and `-∞` above it
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **M** model width
# - **D** head width, of the one head here
#
# **Keeps** all of attention to the past, and what was computed once: no later word changes it.
#
# **Gives up** sight of the words that follow, even while reading a text that is all there.
#
# **Cache** `2·D` numbers per token for this one head, `2·H·D` for `H` of them
#
# **Used by** GPT-2, Llama 3, Qwen3, Gemma 3, gpt-oss, DeepSeek-V3
#
# **Also called** masked self-attention, decoder attention, autoregressive attention
#
# **Notes** The mask may stand before or after the division by `√D`, since minus infinity stays what it is; with a large finite number in its place it matters.
# A row without any visible key would be zero divided by zero. Here there is none, since a word sees itself.
#
# **Try** changing the last word: only the last row of the result may change.
#
# Sources: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.3; [Radford et al. 2018](https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf), where the decoder alone became the model.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
head_width = 4    #@param {type:"slider", min:1, max:64, step:1}
assert sentence.split(), "write a sentence of at least one word"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, D = len(words), model_width, head_width
W_query, W_key, W_value = weight("query", M, D), weight("key", M, D), weight("value", M, D)
queries, keys, values = x @ W_query, x @ W_key, x @ W_value     # [T, D] each
scores = queries @ keys.T / D**0.5                              # [T, T]
print(scores[:6, :6])

# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before: a triangle.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## Masking after softmax, then making the rows whole again

# %%
weights = torch.softmax(scores, dim=-1)                 # [T, T]
kept = weights * visible                                # [T, T]
print("what each row keeps:", kept.sum(dim=-1))

renormalised = kept / kept.sum(dim=-1, keepdim=True)    # [T, T]
print(renormalised[:6, :6])

# %% [markdown]
# ## Masking before softmax
#
# The exponential of minus infinity is zero: a forbidden word gets no share, and the others divide the whole among them.

# %%
def causal_attention(queries, keys, values, visible):
    """[T, D], [S, D], [S, D], [T, S] -> the contexts [T, D] and the weights [T, S]"""
    scores = queries @ keys.T / queries.shape[-1]**0.5                              # [T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)       # [T, S]
    return weights @ values, weights


contexts, causal = causal_attention(queries, keys, values, visible)
print(scores.masked_fill(~visible, -torch.inf)[:4, :6])
print("same weights:", torch.allclose(causal, renormalised, atol=1e-6))

# %% [markdown]
# Why they agree: softmax divides by the sum of a row, and dividing by another sum afterwards cancels the first. What the forbidden words had added is gone either way.

# %%
for word, row in zip(words[:6], causal):
    seen = [f"{other} {share:.2f}" for other, share in zip(words, row.tolist()) if share > 0]
    print(f"{word:>8}: {', '.join(seen)}")

# %% [markdown]
# ## Nothing leaks from the future
#
# Change the last word's embedding: every earlier row stays as it was.

# %%
changed = x.clone()
changed[-1] += 1.0
again, _ = causal_attention(changed @ W_query, changed @ W_key, changed @ W_value, visible)
for word, moved in zip(words[-4:], (again - contexts).abs().amax(dim=-1)[-4:]):
    print(f"{word:>8} moved by {moved:.4f}")

fused = F.scaled_dot_product_attention(queries[None], keys[None], values[None], is_causal=True)[0]
print("as PyTorch's fused function:", torch.allclose(fused, contexts, atol=1e-5))

# %% [markdown]
# ## Token by token
#
# Since nothing that follows can change a key or a value, each is computed once and kept. A new word brings one query, one key and one value.

# %%
cache = {"keys": torch.empty(0, D), "values": torch.empty(0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                    # [1, M]
    cache["keys"] = torch.cat([cache["keys"], token @ W_key])           # [S, D]
    cache["values"] = torch.cat([cache["values"], token @ W_value])     # [S, D]
    seen = visible[position:position + 1, :position + 1]                # [1, S]
    query = token @ W_query                                             # [1, D]
    found, row = causal_attention(query, cache["keys"], cache["values"], seen)
    written.append(found)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), contexts, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# The whole square is computed here and half of it thrown away. A kernel that knows the mask leaves that half out.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    causal_attention(queries, keys, values, visible)

moved = [query, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·D·4", 2 * T * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·D·4", 2 * (T + 1) * D * 4),
    ("visible pairs", int(visible.sum()), "T·(T+1)/2", T * (T + 1) // 2),
    ("attention FLOPs", counter.get_total_flops(), "4·T·T·D", 4 * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

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
# - **M** model width
# - **D** head width
#
# **Try** changing the last word: only the last row of the result may change.
#
# Sources: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.3; [Radford et al. 2018](https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf), where the decoder alone became the model.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F

sentence = "the fox found a way home again"  #@param {type:"string"}
model_width = 6   #@param {type:"slider", min:2, max:16, step:1}
head_width = 4    #@param {type:"slider", min:1, max:16, step:1}

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]

torch.manual_seed(123)
x = nn.Embedding(len(vocabulary), model_width)(ids).detach()    # [T, M]
W_query, W_key, W_value = torch.randn(3, model_width, head_width) / model_width**0.5
queries, keys, values = x @ W_query, x @ W_key, x @ W_value     # [T, D] each
scores = queries @ keys.T / head_width**0.5                     # [T, T]
print(scores)

# %% [markdown]
# ## Masking after softmax, then making the rows whole again

# %%
T = len(words)
allowed = torch.tril(torch.ones(T, T))                  # [T, T]
weights = torch.softmax(scores, dim=-1)                 # [T, T]
kept = weights * allowed                                # [T, T]
print("what each row keeps:", kept.sum(dim=-1))

renormalised = kept / kept.sum(dim=-1, keepdim=True)    # [T, T]
print(renormalised)

# %% [markdown]
# ## Masking before softmax
#
# The exponential of minus infinity is zero: a forbidden word gets no share, and the others divide the whole among them.

# %%
future = torch.triu(torch.ones(T, T), diagonal=1).bool()    # [T, T]
masked = scores.masked_fill(future, -torch.inf)             # [T, T]
print(masked)

causal = torch.softmax(masked, dim=-1)                      # [T, T]
contexts = causal @ values                                  # [T, D]
print("same weights:", torch.allclose(causal, renormalised))

# %% [markdown]
# Why they agree: softmax divides by the sum of a row, and dividing by another sum afterwards cancels the first. What the forbidden words had added is gone either way.

# %%
print("first row:", causal[0])
for word, row in zip(words, causal):
    seen = [f"{other} {share:.2f}" for other, share in zip(words, row.tolist()) if share > 0]
    print(f"{word:>8}: {', '.join(seen)}")

# %% [markdown]
# ## Nothing leaks from the future
#
# Change the last word's embedding: every earlier row stays as it was.

# %%
changed = x.clone()
changed[-1] += 1.0
q, k, v = changed @ W_query, changed @ W_key, changed @ W_value
again = torch.softmax((q @ k.T / head_width**0.5).masked_fill(future, -torch.inf), dim=-1) @ v
for word, moved in zip(words, (again - contexts).abs().amax(dim=-1)):
    print(f"{word:>8} moved by {moved:.4f}")

# %%
fused = F.scaled_dot_product_attention(queries[None], keys[None], values[None], is_causal=True)[0]
print("as PyTorch's fused function:", torch.allclose(fused, contexts, atol=1e-6))

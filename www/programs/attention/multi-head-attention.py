# %% [markdown]
# # Multi-head attention
#
# One head can follow one kind of relation, so several look at the same sentence side by side, each with smaller queries, keys and values of its own.
# The plain way is to run a list of single heads and to put their results next to each other.
# The fast way is one large projection whose result is split into heads, so that all heads are one batched product; with the same weights both give the same numbers.
#
# `Z = concat(Z₁, …, Z_H) Wo` with `Z_h = softmax(Q_h K_hᵀ / √D + mask) V_h`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** everything: this is the full attention that all others are measured by.
#
# **Gives up** nothing but width: each head sees the words through `D` numbers instead of `M`.
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** GPT-2, GPT-3, Llama 2 7B, OLMo 2 7B, BERT, T5, Whisper
#
# **Also called** MHA, full attention
#
# **Notes** GPT-2 makes queries, keys and values by one matrix of `3·M` columns with a bias ([transformers, `gpt2`](https://github.com/huggingface/transformers/tree/main/src/transformers/models/gpt2)); most later models leave biases out.
# The head width need not be `M / H`: T5 11B has 128 heads of 128 at a model width of 1024.
#
# **Try** one head, then eight: what happens to the width of each, to the cache and to the FLOPs?
#
# Sources: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.2.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
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
# ## Which keys a query sees
#
# Itself and everything before, the same in every head.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## Heads in a list
#
# A head's matrices are some of the columns of the large ones.

# %%
results = []
for h in range(H):
    columns = slice(h * D, (h + 1) * D)
    q, k, v = x @ W_query[:, columns], x @ W_key[:, columns], x @ W_value[:, columns]   # [T, D] each
    scores = (q @ k.T / D**0.5).masked_fill(~visible, -torch.inf)                       # [T, T]
    results.append(torch.softmax(scores, dim=-1) @ v)                                   # [T, D]

stacked = torch.cat(results, dim=-1)                                                    # [T, H·D]
print(stacked.shape)

# %% [markdown]
# ## One projection, split into heads
#
# `view` cuts the width into heads, `transpose` puts the heads in front, and one product computes them all.

# %%
def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def multi_head_attention(q, k, v, visible):
    """q [H, T, D], k and v [H, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.transpose(-2, -1) / q.shape[-1]**0.5).masked_fill(~visible, -torch.inf)     # [H, T, S]
    weights = torch.softmax(scores, dim=-1)                                                     # [H, T, S]
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


q, k, v = [split_heads(x @ W, H) for W in (W_query, W_key, W_value)]                            # [H, T, D] each
heads, weights = multi_head_attention(q, k, v, visible)
out = heads @ W_out                                                                             # [T, M]
print(out[-1])
print("heads in a list = one projection, split:", torch.allclose(stacked, heads, atol=1e-5))

fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]            # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# ## Each head has its own eyes

# %%
for word, *rows in zip(words, *weights):
    print(f"{word:>8} looks at", *[f"{words[row.argmax()]:>8}" for row in rows])

# %% [markdown]
# ## As a module
#
# The usual form in code: four linear layers, and a batch of sentences in front of everything.

# %%
class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = [nn.Linear(width, width, bias=False) for _ in range(4)]

    def split(self, t):                                                 # [B, T, M]
        return t.view(*t.shape[:2], self.heads, -1).transpose(1, 2)     # [B, H, T, D]

    def forward(self, x):                                               # [B, T, M]
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = q @ k.transpose(2, 3) / k.shape[-1]**0.5               # [B, H, T, T]
        future = torch.ones(x.shape[1], x.shape[1]).triu(diagonal=1).bool()
        weights = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(x.shape)) # [B, T, M]


module = MultiHeadAttention(M, H)
with torch.no_grad():
    for layer, W in [(module.query, W_query), (module.key, W_key), (module.value, W_value), (module.out, W_out)]:
        layer.weight.copy_(W.T)     # a linear layer keeps its matrix transposed
    print("the module as above:", torch.allclose(module(x[None])[0], out, atol=1e-5))
print(sum(p.numel() for p in module.parameters()), "parameters, whatever the number of heads")

# %% [markdown]
# ## Token by token
#
# Every head keeps a key and a value for every word. This cache is what most of the later mechanisms make smaller.

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    new_q, new_k, new_v = [split_heads(token @ W, H) for W in (W_query, W_key, W_value)]        # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                                    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)                                # [H, S, D]
    seen = visible[position:position + 1, :position + 1]                                        # [1, S]
    found, row = multi_head_attention(new_q, cache["keys"], cache["values"], seen)
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    multi_head_attention(q, k, v, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

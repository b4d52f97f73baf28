# %% [markdown]
# # Multi-head attention
#
# One head can follow one kind of relation, so several look at the same sentence side by side, each with smaller queries, keys and values of its own.
# The plain way is to run a list of single heads and to put their results next to each other.
# The fast way is one large projection whose result is split into heads, so that all heads are one batched product; with the same weights both give the same numbers.
#
# `Z = concat(Z₁, …, Z_H) Wo` with `Z_h = softmax(Q_h K_hᵀ / √D + mask) V_h`
#
# - **B** batch: sentences at once
# - **T** tokens: the words of a sentence
# - **H** heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Try** one head, then six: what happens to the width of each?
#
# Sources: [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2.2.

# %%
import torch
import torch.nn as nn
import torch.nn.functional as F

sentence = "the cat drank milk because it was thirsty"  #@param {type:"string"}
H = 2  #@param [1, 2, 3, 4, 6, 12] {type:"raw"}
M = 12
D = M // H

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([[vocabulary.index(word) for word in words]])    # [B, T]

torch.manual_seed(123)
x = nn.Embedding(len(vocabulary), M)(ids).detach()                  # [B, T, M]
B, T, _ = x.shape
print(x.shape)

# %% [markdown]
# ## Heads in a list

# %%
class Head(nn.Module):
    def __init__(self, width_in, width):
        super().__init__()
        self.query = nn.Linear(width_in, width, bias=False)
        self.key = nn.Linear(width_in, width, bias=False)
        self.value = nn.Linear(width_in, width, bias=False)

    def forward(self, x):                                               # [B, T, M]
        q, k, v = self.query(x), self.key(x), self.value(x)             # [B, T, D] each
        scores = q @ k.transpose(1, 2) / k.shape[-1]**0.5               # [B, T, T]
        future = torch.triu(torch.ones_like(scores), diagonal=1).bool()
        weights = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1)
        return weights @ v                                              # [B, T, D]


class StackedHeads(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.heads = nn.ModuleList([Head(heads * width, width) for _ in range(heads)])
        self.out = nn.Linear(heads * width, heads * width)

    def forward(self, x):                                               # [B, T, M]
        return self.out(torch.cat([head(x) for head in self.heads], dim=-1))


# %% [markdown]
# ## One projection, split into heads
#
# `view` cuts the model width into heads, `transpose` puts the heads beside the batch, and one product computes them all.

# %%
class SplitHeads(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.heads, self.width = heads, width
        self.query = nn.Linear(heads * width, heads * width, bias=False)
        self.key = nn.Linear(heads * width, heads * width, bias=False)
        self.value = nn.Linear(heads * width, heads * width, bias=False)
        self.out = nn.Linear(heads * width, heads * width)

    def split(self, t):                                                 # [B, T, M]
        B, T, _ = t.shape
        return t.view(B, T, self.heads, self.width).transpose(1, 2)     # [B, H, T, D]

    def forward(self, x):                                               # [B, T, M]
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = q @ k.transpose(2, 3) / self.width**0.5                # [B, H, T, T]
        future = torch.triu(torch.ones(x.shape[1], x.shape[1]), diagonal=1).bool()
        self.weights = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1)
        joined = (self.weights @ v).transpose(1, 2).reshape(x.shape)    # [B, T, M]
        return self.out(joined)


# %% [markdown]
# ## The same numbers
#
# The rows of the large matrix are the matrices of the heads, one below the other.

# %%
stacked, split = StackedHeads(H, D), SplitHeads(H, D)
with torch.no_grad():
    for name in ["query", "key", "value"]:
        rows = [getattr(head, name).weight for head in stacked.heads]   # [D, M] each
        getattr(split, name).weight.copy_(torch.cat(rows))              # [M, M]
    split.out.load_state_dict(stacked.out.state_dict())

    a, b = stacked(x), split(x)                                         # [B, T, M] each
print(b.shape)
print("stacked heads = split weights:", torch.allclose(a, b, atol=1e-6))

# %% [markdown]
# ## Each head has its own eyes

# %%
head_weights = split.weights[0]                                         # [H, T, T]
for word, *rows in zip(words, *head_weights):
    looks = [f"{words[row.argmax()]:>8}" for row in rows]
    print(f"{word:>8} looks at", *looks)

# %%
with torch.no_grad():
    q, k, v = [split.split(project(x)) for project in (split.query, split.key, split.value)]
    fused = F.scaled_dot_product_attention(q, k, v, is_causal=True)     # [B, H, T, D]
    out = split.out(fused.transpose(1, 2).reshape(B, T, M))
print("as PyTorch's fused function:", torch.allclose(out, b, atol=1e-6))

parameters = sum(p.numel() for p in split.parameters())
print(f"{parameters} parameters, whatever the number of heads")

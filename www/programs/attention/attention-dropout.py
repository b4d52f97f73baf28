# %% [markdown]
# # Dropout on attention weights
#
# While a model trains, each attention weight is set to zero with probability *p*, so that no word comes to rely on a single other one.
# What survives is divided by *1 - p*, which keeps the expected sum of every row at one.
# When the model is used, nothing is dropped.
#
# `Z = dropout(softmax(Q Kᵀ / √D + mask)) V`
#
# - **T** tokens: the words of the sentence
# - **D** head width
#
# **Keeps** the expected value of every weight, and all of attention once training is over.
#
# **Gives up** rows that sum to one, while training lasts, and kernels that never write the weights down.
#
# **Cache** nothing changes: it is off when a model is used, `2·H·D` numbers per token against `2·H·D`
#
# **Used by** GPT-2, BERT
#
# **Also called** attention dropout
#
# **Notes** The models of recent years train without it: one pass over very much text leaves little to overfit. Their configurations still carry the probability, at zero.
# What is dropped is a word for one query, not a number of its vector; the paper's own dropout is on the results of each sub-layer.
#
# **Try** p = 0.9: which words keep any context at all?
#
# Sources: [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html); [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 5.4.

# %%
import torch
import torch.nn as nn

p = 0.5     #@param {type:"slider", min:0.0, max:0.9, step:0.1}
seed = 123  #@param {type:"integer"}
assert 0 <= p < 1, "choose a probability from 0 to below 1: at 1 nothing would be left to make larger"

words = "six hungry foxes share one fish".split()
T, D = len(words), 3

torch.manual_seed(seed)
queries, keys, values = torch.randn(3, T, D)                # [T, D] each

# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before, as in causal attention. Dropout then hides some of it, others at every step.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))
scores = (queries @ keys.T / D**0.5).masked_fill(~visible, -torch.inf)      # [T, T]
weights = torch.softmax(scores, dim=-1)                                     # [T, T]
print(weights)

# %% [markdown]
# ## By hand
#
# A mask of zeros and ones, and the survivors made larger.

# %%
def drop(weights, kept, p):                 # [T, T] each
    return weights * kept / (1 - p)


kept = (torch.rand(T, T) >= p).float()      # [T, T]
by_hand = drop(weights, kept, p)            # [T, T]
print(kept)
print(by_hand)
print("rows no longer sum to one:", by_hand.sum(dim=-1))

# %% [markdown]
# ## As a module
#
# `nn.Dropout` is on in training and off in evaluation. It draws a new mask at every call.

# %%
dropout = nn.Dropout(p)
print(dropout, "training:", dropout.training)
first, second = dropout(weights), dropout(weights)          # [T, T] each
print(first)
print("the same mask twice:", torch.equal(first, second))

survivors = first[first != 0]
print("survivors are scaled:", torch.allclose(survivors, weights[first != 0] / (1 - p)))

dropout.eval()
print("in evaluation nothing changes:", torch.equal(dropout(weights), weights))

# %% [markdown]
# ## On average nothing is lost
#
# The mean over many masks comes back to the weights themselves, which is why evaluation needs no correction.

# %%
dropout.train()
for n in [1, 10, 100, 1000]:
    many = dropout(weights.expand(n, T, T))                 # [n, T, T]
    error = (many.mean(dim=0) - weights).abs().mean()
    print(f"mean of {n:4} masks is off by {error:.3f}")

# %%
contexts = first @ values                                   # [T, D]
without = weights @ values                                  # [T, D]
for word, a, b in zip(words, contexts, without):
    print(f"{word:>8} {a.norm():.2f} long with dropout, {b.norm():.2f} without")

# %% [markdown]
# ## What it costs
#
# No product of matrices, and a number at random for each weight, as long as training lasts.
# Bytes moved: what the full pass reads and writes at the least.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    dropout(torch.softmax(queries @ keys.T / D**0.5, dim=-1)) @ values

cache = {"keys": keys, "values": values}
moved = [queries, *cache.values(), contexts]
costs = [
    ("cache bytes", sum(t.nbytes for t in cache.values()), "2·T·D·4", 2 * T * D * 4),
    ("bytes moved by the full pass", sum(t.nbytes for t in moved), "4·T·D·4", 4 * T * D * 4),
    ("numbers at random", kept.numel(), "T·T", T * T),
    ("attention FLOPs", counter.get_total_flops(), "4·T·T·D", 4 * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

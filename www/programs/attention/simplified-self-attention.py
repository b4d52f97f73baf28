# %% [markdown]
# # Self-attention without weights
#
# Every word of a sentence looks at every other one and takes over a part of it, the more the closer the two are.
# Closeness is a dot product, softmax turns the dot products of one word into shares that add up to one, and the shares mix all words into one new vector, the *context vector*.
# Nothing is learned yet, so each step can be followed by hand: this is the skeleton of all attention.
#
# `Z = softmax(X Xᵀ) X`
#
# - **T** tokens: the words of the sentence
# - **M** model width: the numbers that describe one word
#
# **Keeps** the skeleton of attention: scores, shares, a mix.
#
# **Gives up** everything that is learned: a word asks for its like, and can look for nothing else.
#
# **Cache** none: every word sees every other one, so a new word changes all that came before
#
# **Used by** no model: it is the first step of the story
#
# **Also called** simplified self-attention, attention without trainable weights
#
# **Try** making `it` less of an animal and more of a food: whose company does it keep then?
#
# Sources: [Bahdanau et al. 2014](https://arxiv.org/abs/1409.0473), where a softmax over scores first mixed the words of a sentence; [Vaswani et al. 2017](https://arxiv.org/abs/1706.03762), section 3.2; the order of the steps follows chapter 3 of S. Raschka, *Build a Large Language Model (From Scratch)*.

# %%
import torch

words = "the cat drank milk because it was thirsty".split()
features = ["animal", "food", "action", "feeling"]

# Real models learn these numbers. Here they are written by hand, so that each one means something.
x = torch.tensor([          # [T, M]
    [0.1, 0.1, 0.0, 0.0],   # the
    [2.0, 0.0, 0.3, 0.4],   # cat
    [0.3, 0.8, 2.0, 0.0],   # drank
    [0.0, 2.0, 0.5, 0.0],   # milk
    [0.0, 0.0, 0.1, 0.1],   # because
    [1.6, 0.3, 0.0, 0.6],   # it
    [0.0, 0.0, 0.6, 0.5],   # was
    [0.8, 0.6, 0.1, 1.9],   # thirsty
])
print(x.shape)

# %% [markdown]
# ## One word asks
#
# The word that asks is the *query*. Its score with each word is the dot product of the two vectors: large where both are large in the same features.

# %%
asking = 5  #@param {type:"slider", min:0, max:7, step:1}
assert 0 <= asking < len(words), "choose the number of one of the words, counted from 0"

query = x[asking]           # [M]
scores = x @ query          # [T]
print(words[asking], "scores", scores)

# %% [markdown]
# Softmax makes the scores positive and divides them by their sum. What remains is how `it` shares out its attention.

# %%
positive = torch.exp(scores)            # [T]
shares = positive / positive.sum()      # [T]
print(words[asking], "shares", shares)
print(f"sum {shares.sum():.4f}")
print("as torch.softmax:", torch.allclose(shares, torch.softmax(scores, dim=0)))

# %% [markdown]
# The context vector is the mix of all words in these shares. `it` was some animal or other; now it carries a part of the cat, and of its thirst.

# %%
context = shares @ x        # [M]
for feature, before, after in zip(features, query.tolist(), context.tolist()):
    print(f"{feature:>8} {before:5.2f} -> {after:5.2f}")

# %% [markdown]
# ## All words ask at once
#
# The same three lines as products of matrices: row *i* is what word *i* does.

# %%
def simplified_self_attention(x):               # [T, M]
    """The contexts [T, M] and the weights [T, T]"""
    scores = x @ x.T                            # [T, T]
    weights = torch.softmax(scores, dim=-1)     # [T, T]
    return weights @ x, weights


contexts, weights = simplified_self_attention(x)
print(weights)
print(contexts)

# %%
for word, row in zip(words, weights):
    print(f"{word:>8} attends most to {words[row.argmax()]}")
print("same as one at a time:", torch.allclose(contexts[asking], context))

# %% [markdown]
# ## Which keys a query sees
#
# All of them, those that come after it too. A model that reads a whole text may do so; one that writes may not.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).bool()


visible = visible_keys(len(words))
print("pairs that see each other:", int(visible.sum()), "of", visible.numel())

# %% [markdown]
# ## What it costs
#
# Every word meets every word: twice the text is four times the work. Nothing is kept, since a new word changes every result.
# Bytes moved: what the full pass reads and writes at the least.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    simplified_self_attention(x)

T, M = x.shape
cache = {}
moved = [x, contexts]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "0", 0),
    ("bytes moved by the full pass", sum(t.nbytes for t in moved), "2·T·M·4", 2 * T * M * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·T·T·M", 4 * T * T * M),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

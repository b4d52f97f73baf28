# %% [markdown]
# # Split keys
#
# A token that is written has one query and a long cache, too little work for a large machine if one worker reads all keys in turn.
# So the keys are cut into pieces, each piece is attended to on its own, and the results are merged.
# A piece hands back what it found and the logarithm of its sum of exponentials, and that is all the merge needs.
#
# `Z = Σᵢ wᵢ Zᵢ` with `wᵢ = softmax(L)ᵢ`, where piece `i` gives `Zᵢ = softmax(sᵢ) Vᵢ` and `Lᵢ = log Σ e^(sᵢ)`
#
# - **T** tokens: the words of the sentence
# - **S** keys: cached and new
# - **H** heads
# - **D** head width
# - **M** model width
# - **N** pieces
#
# **Keeps** softmax attention, to the last rounding.
#
# **Gives up** a little memory and one more step: `N` results of each query, to be merged.
#
# **Cache** `2·H·D` numbers per token, as without it
#
# **Used by** flash decoding, vLLM, FlashInfer, llama.cpp, ring attention
#
# **Also called** flash decoding, split-K, log-sum-exp merging, partial softmax, cascade attention, tree attention
#
# **Notes** Merging may be done in any order and in steps, since two merged pieces are a piece again: [ring attention](https://arxiv.org/abs/2310.01889) merges along a ring of machines, and requests with a common prompt can attend to it once for all of them ([FlashInfer](https://arxiv.org/abs/2501.01005)).
# A piece of hidden keys only must find zero and weigh nothing. `L = -∞` would say so, but two such pieces merge to NaN; a very small number does the same and stays a number.
# An attention sink is a piece of its own whose result is zero.
#
# **Try** 1 piece, then 16: what does the merge weigh by when each piece has a single key?
#
# Sources: [Dao et al. 2023](https://pytorch.org/blog/flash-decoding/); [Milakov and Gimelshein 2018](https://arxiv.org/abs/1805.02867), section 3.1, on why the order does not matter.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
pieces = 3        #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "write at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert pieces > 0, "the keys make at least one piece"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, D = len(words), model_width, num_heads, model_width // num_heads
q, k, v = [(x @ weight(name, M, M)).view(T, H, D).transpose(0, 1) for name in ("query", "key", "value")]  # [H, T, D]

# %% [markdown]
# ## A piece, and the merge

# %%
def attend(q, k, v, visible):                                   # [H, T, D], [H, piece, D] twice, [T, piece] bool
    """What the queries find in a piece, [H, T, D], and the logarithms of their sums of exponentials, [H, T]."""
    scores = (q @ k.mT / q.shape[2]**0.5).masked_fill(~visible, -torch.inf)     # [H, T, piece]
    # A piece may hold hidden keys only: then nothing is found, and the logarithm is very small but not -∞.
    largest = scores.amax(dim=-1, keepdim=True).clamp(min=-1e30)
    shares = torch.exp(scores - largest)
    total = shares.sum(dim=-1, keepdim=True).clamp(min=1e-20)                   # [H, T, 1]
    return shares @ v / total, (largest + torch.log(total))[..., 0]


def merge(found, logs):                                         # [N, H, T, D], [N, H, T]
    """One result and one logarithm from those of all pieces."""
    weights = torch.softmax(logs, dim=0)                                        # [N, H, T]
    return (weights[..., None] * found).sum(dim=0), torch.logsumexp(logs, dim=0)


def split_attention(q, k, v, visible, pieces):                  # [H, T, D], [H, S, D] twice, [T, S] bool
    """What the queries find in all keys, [H, T, D], and the logarithms of the pieces, [N, H, T]."""
    size = -(-k.shape[1] // pieces)                                             # keys to a piece, rounded up
    parts = [attend(q, *part) for part in zip(k.split(size, dim=1), v.split(size, dim=1), visible.split(size, dim=1))]
    logs = torch.stack([log for _, log in parts])
    return merge(torch.stack([found for found, _ in parts]), logs)[0], logs


# %% [markdown]
# ## Which keys a query sees

# %%
def visible_keys(tokens):                                       # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(T)

# %% [markdown]
# ## All words, keys in pieces

# %%
out, logs = split_attention(q, k, v, visible, pieces)           # [H, T, D], [N, H, T]
fused = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=visible)[0]
print("as PyTorch's fused function:", torch.allclose(out, fused, atol=1e-5))

shares = torch.softmax(logs[:, 0, -1], dim=0)                   # [N]
for part, share in zip(torch.arange(T).split(-(-T // pieces)), shares.tolist()):
    print(f"{words[-1]} gives words {part[0]} to {part[-1]} {share:.2f} of its first head's attention")

# %% [markdown]
# Two merged pieces are a piece: merging by pairs gives the same.

# %%
halves = [attend(q, k[:, part], v[:, part], visible[:, part]) for part in torch.arange(T).split(-(-T // 4))]
while len(halves) > 1:
    pairs = [halves[place:place + 2] for place in range(0, len(halves), 2)]
    halves = [merge(torch.stack([found for found, _ in pair]), torch.stack([log for _, log in pair])) for pair in pairs]
print("merged by pairs:", torch.allclose(halves[0][0], out, atol=1e-5))

# %% [markdown]
# ## Token by token
#
# Where the splitting matters: one query, and pieces of the cache that different workers can read at the same time.

# %%
cache = {"keys": torch.zeros(H, 0, D), "values": torch.zeros(H, 0, D)}
steps = []
for position in range(len(words)):
    now = slice(position, position + 1)
    cache["keys"] = torch.cat([cache["keys"], k[:, now]], dim=1)    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], v[:, now]], dim=1)
    seen = visible[now, :position + 1]                              # [1, S]
    step, step_logs = split_attention(q[:, now], cache["keys"], cache["values"], seen, pieces)
    total = torch.logsumexp(step_logs, dim=0)                       # [H, 1]
    row = torch.exp((q[:, now] @ cache["keys"].mT / D**0.5)[:, 0] - total)      # [H, S]
    steps.append(step)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps, dim=1), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# No product more than without pieces. What goes to the merge is small: for each piece, head and query `D + 1` numbers.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# What goes to the merge is written and read.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    split_attention(q[:, -1:], k, v, visible[-1:], pieces)

N = len(logs)
moved = [q[:, now], *cache.values(), step] + 2 * [step_logs] + 2 * N * [step]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     "(2·(T + 1)·H·D + 2·N·H·(D + 1))·4", (2 * (T + 1) * H * D + 2 * N * H * (D + 1)) * 4),
    ("numbers to merge for a token", step_logs.numel() + N * step.numel(), "N·H·(D + 1)", N * H * (D + 1)),
    ("FLOPs for the last token", counter.get_total_flops(), "4·T·H·D", 4 * T * H * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

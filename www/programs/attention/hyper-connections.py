# %% [markdown]
# # Manifold-constrained hyper-connections
#
# A transformer has one residual stream, to which every layer adds its result; here it has several, and each token decides anew how a layer reads from them, writes to them, and mixes them.
# Mixing without limits lets signals grow or die over many layers, so the mix is held on a manifold: a matrix of positive numbers whose rows and columns each sum to one.
# Sinkhorn and Knopp's method finds such a matrix: divide each row by its sum, then each column, and go on.
#
# `y = Σᵢ preᵢ Sᵢ`, `S'ⱼ = postⱼ F(y) + Σᵢ Pᵢⱼ Sᵢ` with `pre = σ(…)`, `post = 2σ(…)`, `P = Sinkhorn(exp(…))`, where each `…` is a linear map of `RMS(S)`, scaled, plus a bias
#
# - **T** tokens: the words of the sentence
# - **H** query heads
# - **D** head width
# - **M** model width
# - **L** layers
# - **N** streams
#
# **Keeps** attention as it is, and the residual idea: what enters a layer can leave it unchanged.
#
# **Gives up** `N` times the memory for what flows between layers while a model trains.
#
# **Cache** `0` numbers per token beside attention's `2·H·D`: streams end with their token
#
# **Used by** DeepSeek V4-Flash, DeepSeek V4-Pro
#
# **Also called** mHC, HC, hyper connections, multiple residual streams, Sinkhorn-Knopp
#
# **Notes** V4 adds 1e-6 in many places and begins with a softmax over rows, which is exp and one division of rows ([transformers](https://github.com/huggingface/transformers/tree/main/src/transformers/models/deepseek_v4)); columns are divided last, so columns are exact and rows nearly.
# [TileKernels](https://github.com/deepseek-ai/TileKernels) has 10 rounds and post = σ as defaults; V4 passes 20 and 2σ.
# The first index of `P` is the stream that is read: the matrix is used transposed, which is the easiest mistake to make.
# Plain [hyper-connections](https://arxiv.org/abs/2409.19606) have no constraint; their largest gain over a deep model was about 3000, here about 1.6 (mHC paper).
#
# **Try** 1 iteration instead of 20: which sums are still one, and what do 60 layers do to the streams?
#
# Sources: [Xie et al. 2025](https://arxiv.org/abs/2512.24880); [Zhu et al. 2024](https://arxiv.org/abs/2409.19606); [DeepSeek V4 report 2026](https://arxiv.org/abs/2606.19348).

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_layers = 2    #@param {type:"slider", min:1, max:6, step:1}
num_streams = 4   #@param {type:"slider", min:1, max:6, step:1}
iterations = 20   #@param {type:"slider", min:1, max:40, step:1}

assert sentence.split(), "write at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## Rows and columns that sum to one

# %%
def sinkhorn(scores, iterations, eps=1e-6):             # [..., N, N]
    mix = torch.softmax(scores, dim=-1) + eps
    mix = mix / (mix.sum(dim=-2, keepdim=True) + eps)
    for _ in range(iterations - 1):
        mix = mix / (mix.sum(dim=-1, keepdim=True) + eps)
        mix = mix / (mix.sum(dim=-2, keepdim=True) + eps)
    return mix


N = num_streams
mixes = [weight(f"scores {layer}", N, N) * N**0.5 for layer in range(60)]           # [N, N] each
for rounds in (1, 3, 20):
    mix = sinkhorn(mixes[0], rounds)
    print(f"{rounds:2} rounds: row 0 sums to {mix[0].sum():.4f}, column 0 to {mix[:, 0].sum():.4f}")

constrained, free = torch.eye(N), torch.eye(N)
for scores in mixes:
    constrained = constrained @ sinkhorn(scores, iterations)
    free = free @ (torch.eye(N) + scores)
print(f"after 60 layers the largest row sum is {constrained.sum(dim=-1).max():.2f},")
print(f"and without the constraint 10 to the {free.abs().sum(dim=-1).max().log10():.2f}")

# %% [markdown]
# ## Reading, writing and mixing
#
# All three come from the streams of the token itself, laid side by side and normalised.

# %%
def connections(streams, W, base, scale, iterations, eps=1e-6):     # [T, N, M], [N·M, 2·N + N·N], [2·N + N·N], [3]
    """How a layer reads, [T, N], writes, [T, N], and mixes, [T, N, N]: the first N is the stream that is read."""
    T, N, M = streams.shape
    signals = F.rms_norm(streams.reshape(T, N * M), (N * M,), eps=eps) @ W
    pre, post, mix = signals.split([N, N, N * N], dim=-1)
    base_pre, base_post, base_mix = base.split([N, N, N * N])
    pre = torch.sigmoid(pre * scale[0] + base_pre) + eps
    post = 2 * torch.sigmoid(post * scale[1] + base_post)
    return pre, post, sinkhorn((mix * scale[2] + base_mix).view(T, N, N), iterations, eps)


def read(streams, pre):                                 # [T, N, M], [T, N] -> [T, M]
    return (pre[:, None] @ streams)[:, 0]


def write(streams, result, post, mix):                  # [T, N, M], [T, M], [T, N], [T, N, N] -> [T, N, M]
    return post[..., None] * result[:, None] + mix.mT @ streams


def attention(x, cache, number, W_query, W_key, W_value, W_out, num_heads):
    """Plain multi-head attention for the tokens x [T, M] that follow the cache: result [T, M], weights [H, T, S]."""
    q, k, v = [(x @ W).view(len(x), num_heads, -1).transpose(0, 1) for W in (W_query, W_key, W_value)]     # [H, T, D]
    for name, new in [(f"keys {number}", k), (f"values {number}", v)]:
        cache[name] = torch.cat([cache[name], new], dim=1) if name in cache else new        # [H, S, D]
    k, v = cache[f"keys {number}"], cache[f"values {number}"]
    future = torch.ones(len(x), k.shape[1]).triu(k.shape[1] - len(x) + 1).bool()
    weights = torch.softmax((q @ k.mT / k.shape[2]**0.5).masked_fill(future, -torch.inf), dim=-1)
    return (weights @ v).transpose(0, 1).reshape(len(x), -1) @ W_out, weights


# %% [markdown]
# ## A stack of layers
#
# All streams begin as the embedding. At the end the word is read from them once more.

# %%
def stack(x, layers, W_last, num_streams, num_heads, iterations, cache):
    streams = x[:, None].expand(-1, num_streams, -1)    # [T, N, M]
    for number, (matrices, W, base, scale) in enumerate(layers):
        pre, post, mix = connections(streams, W, base, scale, iterations)
        y = read(streams, pre)                          # [T, M]
        result, weights = attention(F.rms_norm(y, y.shape[1:]), cache, number, *matrices, num_heads)
        streams = write(streams, result, post, mix)
    flat = streams.reshape(len(x), -1)                  # [T, N·M]
    return read(streams, torch.sigmoid(F.rms_norm(flat, flat.shape[1:]) @ W_last)), streams, mix, weights


M, H, L, D = model_width, num_heads, num_layers, model_width // num_heads
sites = 2 * N + N * N
layers = [([weight(f"{name} {number}", M, M) for name in ("query", "key", "value", "out")],
           weight(f"connections {number}", N * M, sites), torch.zeros(sites), torch.ones(3)) for number in range(L)]
W_last = weight("last", N * M, N)
out, streams, mix, weights = stack(x, layers, W_last, N, H, iterations, {})
print("how the last layer mixes the streams of", words[-1])
print(mix[-1])
print("the lengths of its streams:", streams[-1].norm(dim=-1))

# %% [markdown]
# ## Which keys a query sees
#
# Those that the layer's attention sees. Streams belong to one token and meet no other.

# %%
def visible_keys(tokens):                               # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## Token by token
#
# Only attention keeps anything. Streams, reads and mixes are made anew for each token.

# %%
cache = {}
steps = []
for position in range(len(words)):
    step, streams_now, mix_now, weights_now = stack(x[position:position + 1], layers, W_last, N, H, iterations, cache)
    row = weights_now[:, 0]                             # [H, S]
    steps.append(step)
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# For each layer the connections cost `2·N·M·(2·N + N·N)` a token, and reading and writing `2·(N + N·N)·M`: little beside attention's own matrices once `M` is large.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# Every layer reads and writes all streams.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    stack(x, layers, W_last, N, H, iterations, {})

T = len(words)
moved = [x[-1:], *cache.values(), step] + 2 * L * [streams_now]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "L·2·T·H·D·4", L * 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved),
     "(2·M + L·(2·N·M + 2·T·H·D))·4", (2 * M + L * (2 * N * M + 2 * T * H * D)) * 4),
    ("FLOPs", counter.get_total_flops(),
     "L·(2·T·N·M·(2·N + N·N) + 2·T·(N + N·N)·M + 8·T·M·M + 4·T·T·M) + 2·T·N·M·(N + 1)",
     L * (2 * T * N * M * sites + 2 * T * (N + N * N) * M + 8 * T * M * M + 4 * T * T * M) + 2 * T * N * M * (N + 1)),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # Hybrid stacks
#
# A layer with a state is cheap at any length and forgets; a layer of attention remembers everything and pays for it with every token.
# A stack need not choose: most layers keep a state, and every few layers one of attention looks back at the text itself, for whatever the states have lost.
# Only the attention layers have a cache that grows, so one in four makes a long text's cache a quarter.
#
# `x ← x + mixer_l(norm(x))` for each layer `l`, where a pattern says which mixer: `s s s a s s s a …`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **L** layers, **A** of them attention
# - **H** heads
# - **G** key/value heads of attention
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** exact recall of any token, in a few layers, and order without positions, which the states bring.
#
# **Gives up** exact recall in the other layers: what attention is to find must still be in the residual stream.
#
# **Cache** `2·G·D·A / L` numbers per token and layer against `2·H·D`, and `H·D·D·(L - A) / L` that do not grow
#
# **Used by** Qwen3-Next, Qwen3.5, Kimi Linear, MiniMax-Text-01, Ling 2.5, Nemotron 3 Nano, Jamba
#
# **Also called** hybrid attention, hybrid models, interleaved linear attention
#
# **Notes** Three layers of state to one of attention in Qwen3-Next (gated delta rule) and Kimi Linear (KDA, whose list ends in attention), seven to one in MiniMax-Text-01 and Ling 2.5 (lightning attention), 23 of Mamba-2 to six in Nemotron 3 Nano.
# In Kimi's comparison the validation perplexity is 5.65 at three to one, 5.66 at one to one, 5.70 at seven to one, 5.82 at fifteen to one and 5.77 with attention alone ([Kimi Team 2025](https://arxiv.org/abs/2510.26692), ablations).
# A state cannot be rewound: to drop the last tokens, as speculative decoding does, it must have been saved before.
#
# **Try** the pattern `sssssssa`, `sa` or `a`: what of the cache grows, and from which length is a state the smaller of the two?
#
# Sources: [Lieber et al. 2024](https://arxiv.org/abs/2403.19887), section 2, for a first large hybrid; [Yang et al. 2024](https://arxiv.org/abs/2412.06464), section 3.4; [Kimi Team 2025](https://arxiv.org/abs/2510.26692), section 4.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_kv_heads = 2  #@param {type:"slider", min:1, max:8, step:1}
pattern = "sssa"  #@param {type:"string"}
repeats = 2       #@param {type:"slider", min:1, max:4, step:1}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert num_heads % num_kv_heads == 0, "num_heads must be a multiple of num_kv_heads, each of which serves as many"
assert pattern and set(pattern) <= {"s", "a"}, "the pattern is letters: s for a layer of state, a for one of attention"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, G = len(words), model_width, num_heads, num_kv_heads
D = M // H
kinds = pattern * repeats


# %% [markdown]
# ## Two mixers
#
# Each takes what it kept and new tokens, and leaves what it must keep in the cache. Attention here is gated attention, and the state follows the gated delta rule without its convolution.

# %%
def split_heads(t):     # [T, heads · D] -> [heads, T, D]
    return t.view(len(t), -1, D).transpose(0, 1)


def attention_mixer(x, W, cache, layer):
    q, k, v = split_heads(x @ W["query"]), split_heads(x @ W["key"]), split_heads(x @ W["value"])
    k = cache[f"keys {layer}"] = torch.cat([cache[f"keys {layer}"], k], dim=1)                  # [G, S, D]
    v = cache[f"values {layer}"] = torch.cat([cache[f"values {layer}"], v], dim=1)
    T, S = q.shape[1], k.shape[1]
    grouped = q.reshape(G, H // G, T, D)
    future = torch.ones(T, S).triu(S - T + 1).bool()                                            # the last T of S
    scores = (grouped @ k[:, None].transpose(2, 3) / D**0.5).masked_fill(future, -torch.inf)    # [G, H/G, T, S]
    weights = torch.softmax(scores, dim=-1)
    heads = (weights @ v[:, None]).reshape(H, T, D).transpose(0, 1).reshape(T, H * D)
    return (heads * torch.sigmoid(x @ W["gate"])) @ W["out"], weights.reshape(H, T, S)


def state_mixer(x, W, cache, layer):
    q, k, v = split_heads(x @ W["query"]), split_heads(x @ W["key"]), split_heads(x @ W["value"])
    q, k = F.normalize(q, dim=-1) / D**0.5, F.normalize(k, dim=-1)                              # keys of length one
    decay, beta = torch.exp(-F.softplus(x @ W["decay"])), torch.sigmoid(x @ W["beta"])          # [T, H] each
    state, read = cache[f"state {layer}"], []                                                   # [H, D, D]
    for t in range(len(x)):
        state = decay[t, :, None, None] * state
        correction = beta[t, :, None, None] * (v[:, t, None] - k[:, t, None] @ state)           # [H, 1, D]
        state = state + k[:, t, :, None] @ correction
        read.append(q[:, t, None] @ state)                                                      # [H, 1, D]
    cache[f"state {layer}"] = state
    heads = F.rms_norm(torch.cat(read, dim=1), [D]).transpose(0, 1).reshape(len(x), H * D)
    return (heads * F.silu(x @ W["gate"])) @ W["out"], None


# %% [markdown]
# ## The stack
#
# Whatever a layer is, the stream passes by it and it adds its part.

# %%
def hybrid_stack(x, layers, eps=1e-6):  # [T, M], of each layer the scale of its norm [M] and its mixer
    looks = []
    for scale, mixer in layers:
        y, weights = mixer(F.rms_norm(x, [x.shape[-1]], scale, eps))
        x = x + y                                                                               # [T, M]
        looks += [] if weights is None else [weights]
    return x, looks     # and the weights of the layers that have any, [H, T, S] each


def build_layer(kind, layer, cache):
    shapes = {"query": (M, H * D), "out": (H * D, M), "gate": (M, H * D)}
    if kind == "a":
        shapes.update(key=(M, G * D), value=(M, G * D))
        cache[f"keys {layer}"], cache[f"values {layer}"] = torch.empty(G, 0, D), torch.empty(G, 0, D)
    else:
        shapes.update(key=(M, H * D), value=(M, H * D), decay=(M, H), beta=(M, H))
        cache[f"state {layer}"] = torch.zeros(H, D, D)
    W = {name: weight(f"{name} of layer {layer}", *shape) for name, shape in shapes.items()}
    mixer = attention_mixer if kind == "a" else state_mixer
    return torch.ones(M), lambda x: mixer(x, W, cache, layer)


def build_stack(cache):
    return [build_layer(kind, layer, cache) for layer, kind in enumerate(kinds)]


out, looks = hybrid_stack(x, build_stack({}))
print(out.shape, "with", len(looks), "attention layers in", len(kinds))
for h, shares in enumerate(looks[-1][:, -1].tolist() if looks else []):
    print(f"head {h} of the last attention layer, last word:", *[f"{share:.2f}" for share in shares])


# %% [markdown]
# ## Which keys a query sees
#
# In an attention layer each earlier token by itself, in a layer of state all of them together: nothing before a token is out of reach of either.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## Token by token
#
# One cache for the whole stack, with two kinds of entries: keys and values that grow and states that do not.

# %%
cache = {}
stack = build_stack(cache)
decoded = []
for position in range(len(words)):
    y, looks_now = hybrid_stack(x[position:position + 1], stack)
    decoded.append(y)
    if looks_now:
        row = looks_now[-1][:, 0]       # [H, S], of the last attention layer

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-4))
for name, kept in cache.items():
    print(f"{name:>9}: {kept.nbytes} bytes")

# %% [markdown]
# ## What it costs
#
# Only the first part of the bytes names T.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# Every layer reads and writes its token's row, and a state is read and written.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    hybrid_stack(x, build_stack({}))

L, A = len(kinds), kinds.count("a")
moved = 2 * L * [y] + [*cache.values()] + [kept for name, kept in cache.items() if name.startswith("state")]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "A·2·T·G·D·4 + (L - A)·H·D·D·4",
     A * 2 * T * G * D * 4 + (L - A) * H * D * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(L·2·M + A·2·T·G·D + (L - A)·2·H·D·D)·4",
     (L * 2 * M + A * 2 * T * G * D + (L - A) * 2 * H * D * D) * 4),
    ("FLOPs", counter.get_total_flops(),
     "A·(2·T·M·(3·H·D + 2·G·D) + 4·H·T·T·D) + (L - A)·(2·T·M·(5·H·D + 2·H) + 6·T·H·D·D)",
     A * (2 * T * M * (3 * H * D + 2 * G * D) + 4 * H * T * T * D)
     + (L - A) * (2 * T * M * (5 * H * D + 2 * H) + 6 * T * H * D * D)),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# ## What the pattern saves
#
# The same formula with the sizes of Qwen3-Next: 48 layers, 12 of them attention with 2 key/value heads of width 256 in 16-bit numbers, 36 of state with 32 heads of 128 by 128 in 32-bit numbers.
# The last columns of its convolution, 8192 channels for three tokens, are counted too.

# %%
for tokens in [256, 4096, 65536, 262144]:
    attention_layer = 2 * tokens * 2 * 256 * 2
    state_layer = 32 * 128 * 128 * 4 + 8192 * 3 * 2
    hybrid, full = 12 * attention_layer + 36 * state_layer, 48 * attention_layer
    print(f"{tokens:6} tokens: {hybrid / 2**20:7.1f} MiB, with attention in every layer {full / 2**20:7.1f} MiB")

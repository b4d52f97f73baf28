# %% [markdown]
# # Kimi delta attention
#
# The gated delta rule lets a head forget everything it holds at one rate; here each channel of the keys has a rate of its own, chosen anew by every token.
# So a head can keep what stands under some features for the whole text while it lets others go within a few words, which is also how it can tell near from far without positions.
# The rest is the gated delta rule: ask the state what it has under the key, write the difference, compute in chunks.
#
# `S_t = (I - β_t k_tᵀ k_t) diag(λ_t) S_{t-1} + β_t k_tᵀ v_t`, `z_t = q_t S_t`, with `λ_t` of one number per channel, `log λ_t = -exp(A)·softplus(x_t W_down W_up + b)`
#
# - **T** tokens: the words of the sentence
# - **H** heads, each with a state
# - **D** head width
# - **M** model width, here `H · D`
# - **R** rank of the two narrow projections that make the decay and the gate
# - **K** tokens that the convolution sees
# - **C** tokens of a chunk, **N** chunks
#
# **Keeps** the last value of each key, and for each feature of the keys a memory as long as the tokens want it.
#
# **Gives up** exact recall, as every state does, and the plain product of decays in a chunk: there they sit inside each dot product.
#
# **Cache** `H·D·D` numbers for the state and `(K - 1)·3·H·D` for the convolution, for any length, against `2·H·D` for every token
#
# **Used by** Kimi Linear, Ling 3.0
#
# **Also called** KDA, gated delta rule with channel-wise decay
#
# **Notes** The output's gate is a sigmoid here and SiLU in Gated DeltaNet.
# In a chunk the decays could be split into `exp(L_i)·exp(-L_j)` and the products done as one, but the second factor overflows when a channel fades fast; the differences below cannot.
# Ling 3.0 bounds the logarithm from below at -5, so that sub-chunks of 16 tokens may be split after all ([transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/bailing_hybrid/modeling_bailing_hybrid.py)).
# [flash-linear-attention](https://github.com/fla-org/flash-linear-attention/blob/main/fla/layers/kda.py) gives the gate's second projection a bias, the [port in transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/kimi_linear/modeling_kimi_linear.py) none.
#
# **Try** the bounded decay: no channel forgets faster than `exp(-5)` in one token, and the range of each row below narrows.
#
# Sources: [Kimi Team 2025](https://arxiv.org/abs/2510.26692), section 3 for the rule and its chunks, section 4 for the layer; [Yang et al. 2024](https://arxiv.org/abs/2412.06464) for the rule with one decay per head.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
rank = 4          #@param {type:"slider", min:1, max:16, step:1}
conv_width = 4    #@param {type:"slider", min:1, max:6, step:1}
chunk_size = 5    #@param {type:"slider", min:1, max:16, step:1}
bounded = False   #@param {type:"boolean"}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert rank >= 1, "rank must be at least one"
assert conv_width >= 1 and chunk_size >= 1, "conv_width and chunk_size must be at least one token"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, K = len(words), model_width, num_heads, conv_width
D = M // H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out, W_beta = weight("out", H * D, M), weight("beta", M, H)
W_decay = weight("decay down", M, rank) @ weight("decay up", rank, H * D)   # kept as two matrices in models
W_gate = weight("gate down", M, rank) @ weight("gate up", rank, H * D)
filters = weight("convolution", K, 3 * H * D).T     # [3·H·D, K]
A_log, decay_bias = torch.log(torch.linspace(0.05, 0.5, H)), torch.linspace(-3, 3, D).repeat(H, 1)  # [H], [H, D]
norm_scale = torch.ones(D)


# %% [markdown]
# ## A decay for each channel
#
# Between 0, forget at once, and 1, keep. Softplus may go down to 0; the bounded form stops at `exp(-5)`.

# %%
def channel_decay(f, A_log, bias, lower_bound=None):    # [T, H, D], [H], [H, D]
    rate = torch.exp(A_log)[:, None]
    if lower_bound is None:
        return -rate * F.softplus(f + bias)                 # [T, H, D]: log λ
    return lower_bound * torch.sigmoid(rate * (f + bias))


lower_bound = -5.0 if bounded else None
log_decay = channel_decay((x @ W_decay).view(T, H, D), A_log, decay_bias, lower_bound)
beta = torch.sigmoid(x @ W_beta)                            # [T, H]
for word, channels in list(zip(words, torch.exp(log_decay)[:, -1].tolist()))[:6]:
    print(f"{word:>8}, channels of the last head:", *[f"{share:.2f}" for share in channels])


# %% [markdown]
# ## Before and behind the rule
#
# As in Gated DeltaNet: a convolution over the last few tokens in each channel, keys and queries of length one, and a norm with a gate for what was read.

# %%
def short_convolution(columns, filters, before):    # [T, channels], [channels, K], [K - 1, channels]
    seen = torch.cat([before, columns])
    mixed = F.conv1d(seen.T[None], filters[:, None], groups=len(filters))[0].T
    return F.silu(mixed), seen[len(columns):]       # [T, channels], the last K - 1 columns


def to_unit_length(t):
    return t * torch.rsqrt((t * t).sum(dim=-1, keepdim=True) + 1e-6)


def split_heads(columns, H, D):                     # [T, 2·H·D + H·Dv], and the width of keys
    q, k, v = [t.view(len(t), H, -1) for t in columns.split([H * D, H * D, columns.shape[1] - 2 * H * D], dim=-1)]
    return [t.transpose(0, 1) for t in (to_unit_length(q) / D**0.5, to_unit_length(k), v)]  # [H, T, D] each


def gated_norm(heads, gate, scale, eps=1e-6):       # [T, H, D] each, [D]
    return heads * torch.rsqrt(heads.pow(2).mean(dim=-1, keepdim=True) + eps) * scale * torch.sigmoid(gate)


def layer_output(heads, x):                         # [H, T, D], [T, M]
    normed = gated_norm(heads.transpose(0, 1), (x @ W_gate).view(-1, H, D), norm_scale)
    return normed.reshape(-1, H * D) @ W_out


before = torch.zeros(K - 1, 3 * H * D)
columns, _ = short_convolution(torch.cat([x @ W_query, x @ W_key, x @ W_value], dim=-1), filters, before)
q, k, v = split_heads(columns, H, D)


# %% [markdown]
# ## One token after the other
#
# The decay multiplies the rows of the state: row `c` is what the head holds under channel `c` of the keys.

# %%
def delta_attention_step(q, k, v, log_decay, beta, state):  # [H, D] each of q, k, v and log_decay, [H], [H, D, D]
    state = torch.exp(log_decay)[:, :, None] * state
    recalled = k[:, None] @ state                                       # [H, 1, D]
    correction = beta[:, None, None] * (v[:, None] - recalled)          # [H, 1, D]
    state = state + k[:, :, None] @ correction                          # [H, D, D]
    return (q[:, None] @ state)[:, 0], state


def delta_attention(q, k, v, log_decay, beta):      # [H, T, D] each of q, k, v, [T, H, D], [T, H]
    state, read = torch.zeros(q.shape[0], q.shape[2], v.shape[2]), []
    for t in range(q.shape[1]):
        z, state = delta_attention_step(q[:, t], k[:, t], v[:, t], log_decay[t], beta[t], state)
        read.append(z)
    return torch.stack(read, dim=1), state          # [H, T, D], [H, D, D]


heads, state = delta_attention(q, k, v, log_decay, beta)
out = layer_output(heads, x)
print(out.shape, state.shape)


# %% [markdown]
# ## A chunk at once
#
# How much one token has faded when another comes is now a number per channel, so it stands inside the dot products of keys with keys and queries with keys.
# The triangle is solved and the state carried on as in the gated delta rule.

# %%
def chunked_delta_attention(q, k, v, log_decay, beta, chunk):
    H, T, D = q.shape
    missing = -T % chunk    # a last chunk that is not full gets tokens that neither fade nor write
    q, k, v, log_decay, beta = [F.pad(t, (0, 0, 0, missing)).view(H, -1, chunk, t.shape[-1])        # [H, N, C, D]
                                for t in (q, k, v, log_decay.transpose(0, 1), beta.T[:, :, None])]
    faded = log_decay.cumsum(dim=2)                                                         # since the chunk's start
    future = torch.ones(chunk, chunk).triu(1).bool()[:, :, None]                            # [C, C, 1]
    between = (faded[:, :, :, None] - faded[:, :, None]).masked_fill(future, -torch.inf)    # [H, N, C, C, D]
    keys = (k[:, :, None] * torch.exp(between)).transpose(3, 4)                             # as faded as they are found
    triangle = beta * (k[:, :, :, None] @ keys)[:, :, :, 0].tril(-1)                        # [H, N, C, C]
    near = (q[:, :, :, None] @ keys)[:, :, :, 0]                                            # [H, N, C, C]
    inverse = torch.eye(chunk).repeat(H, q.shape[1], 1, 1)
    for i in range(1, chunk):
        inverse[:, :, i:i + 1] -= triangle[:, :, i:i + 1, :i] @ inverse[:, :, :i]

    state, read = torch.zeros(H, D, v.shape[-1]), []
    for n in range(q.shape[1]):
        since, end = torch.exp(faded[:, n]), faded[:, n, -1:]                               # [H, C, D], [H, 1, D]
        u = inverse[:, n] @ (beta[:, n] * (v[:, n] - (k[:, n] * since) @ state))            # [H, C, D]
        read.append((q[:, n] * since) @ state + near[:, n] @ u)
        left = k[:, n] * torch.exp(end - faded[:, n])                                       # [H, C, D]
        state = torch.exp(end).transpose(1, 2) * state + left.transpose(1, 2) @ u
    return torch.cat(read, dim=1)[:, :T], state                                             # [H, T, D], [H, D, D]


in_chunks, chunked_state = chunked_delta_attention(q, k, v, log_decay, beta, chunk_size)
print("chunks read the same:", torch.allclose(in_chunks, heads, atol=1e-5))
print("and end in the same state:", torch.allclose(chunked_state, state, atol=1e-5))


# %% [markdown]
# ## Which keys a query sees
#
# Everything before it and itself, through the state, each channel for as long as it lasts.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))
left = torch.exp(log_decay[1:].sum(dim=0))      # [H, D]
for h in range(H):
    print(f"head {h}: left of the first word at the last, by channel", *[f"{share:.3f}" for share in left[h].tolist()])

# %% [markdown]
# ## Token by token
#
# The state, and the columns that the convolution still has to see. Neither grows.

# %%
cache = {"state": torch.zeros(H, D, D), "columns": torch.zeros(K - 1, 3 * H * D)}
decoded = []
for position in range(len(words)):
    token = x[position:position + 1]
    raw = torch.cat([token @ W_query, token @ W_key, token @ W_value], dim=-1)
    new, cache["columns"] = short_convolution(raw, filters, cache["columns"])
    new_q, new_k, new_v = [t[:, 0] for t in split_heads(new, H, D)]
    new_decay = channel_decay((token @ W_decay).view(1, H, D), A_log, decay_bias, lower_bound)[0]
    new_beta = torch.sigmoid(token @ W_beta)[0]     # [H]
    z, cache["state"] = delta_attention_step(new_q, new_k, new_v, new_decay, new_beta, cache["state"])
    decoded.append(layer_output(z[:, None], token))

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-4))

# %% [markdown]
# ## What it costs
#
# As many products as the gated delta rule. The `C·C·D` decays of a chunk come on top, number by number, which is why kernels split chunks further.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# A state is read and written.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    chunked_delta_attention(q, k, v, log_decay, beta, chunk_size)
with FlopCounterMode(display=False) as step_counter:
    delta_attention_step(q[:, -1], k[:, -1], v[:, -1], log_decay[-1], beta[-1], cache["state"])

C, N = chunk_size, len(range(0, T, chunk_size))
moved = [raw, cache["columns"], new_decay, new_beta, cache["state"], cache["state"], z]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()),
     "(H·D·D + (K - 1)·3·H·D)·4", (H * D * D + (K - 1) * 3 * H * D) * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(K·3·H·D + 2·H·D + H + 2·H·D·D)·4",
     (K * 3 * H * D + 2 * H * D + H + 2 * H * D * D) * 4),
    ("FLOPs in chunks", counter.get_total_flops(), "H·N·C·(8·C·D + 6·D·D + C·(C - 1))",
     H * N * C * (8 * C * D + 6 * D * D + C * (C - 1))),
    ("FLOPs of one step", step_counter.get_total_flops(), "6·H·D·D", 6 * H * D * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # The gated delta rule
#
# A state that only adds cannot change its mind: a second value under the same key is read together with the first.
# The delta rule asks the state what it has under a key before it writes, and writes only the difference; a gate lets the whole state fade first, by as much as the token says.
# Gated DeltaNet is the layer around it: a short convolution before, a gated norm behind, and the rule itself in a form that works on chunks of tokens at once.
#
# `S_t = λ_t S_{t-1} + β_t k_tᵀ (v_t - k_t λ_t S_{t-1})`, `z_t = q_t S_t`, with `λ_t = exp(-exp(A)·softplus(x_t W_decay + b))` and `β_t = σ(x_t W_beta)`
#
# - **T** tokens: the words of the sentence
# - **H** value heads, each with a state
# - **G** query and key heads, each shared by `H / G` value heads
# - **D** head width
# - **M** model width, here `H · D`
# - **K** tokens that the convolution sees
# - **C** tokens of a chunk, **N** chunks
#
# **Keeps** the last value of each key, so far as keys are apart, and a cost that grows with the length and not with its square.
#
# **Gives up** exact recall: what is not distinct among `D` directions is mixed, and what faded is gone.
#
# **Cache** `H·D·D` numbers for the state and `(K - 1)·(2·G·D + H·D)` for the convolution, for any length, against `2·H·D` for every token
#
# **Used by** Qwen3-Next, Qwen3.5
#
# **Also called** Gated DeltaNet, GDN, delta rule with decay
#
# **Notes** Keys and queries are made to length one, for only then does writing the difference replace what was there.
# Qwen3-Next interleaves query, key, value and gate by key head in one projection, Qwen3.5 has them side by side ([transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/qwen3_next/modeling_qwen3_next.py)).
# Some teaching code has one β per channel and no convolution ([LLMs-from-scratch](https://github.com/rasbt/LLMs-from-scratch/tree/main/ch04/08_deltanet)): its numbers are others.
#
# **Try** a chunk of one token: no triangle is left to solve, and the chunked form is the recurrence.
#
# Sources: [Yang et al. 2024](https://arxiv.org/abs/2412.06464), sections 3.1 to 3.4; [Yang et al. 2024, the delta rule in parallel](https://arxiv.org/abs/2406.06484), section 3, for the chunks.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16   #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4      #@param {type:"slider", min:1, max:8, step:1}
num_key_heads = 2  #@param {type:"slider", min:1, max:8, step:1}
conv_width = 4     #@param {type:"slider", min:1, max:6, step:1}
chunk_size = 5     #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert num_heads % num_key_heads == 0, "num_heads must be a multiple of num_key_heads, each of which serves as many"
assert conv_width >= 1 and chunk_size >= 1, "conv_width and chunk_size must be at least one token"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, G, K = len(words), model_width, num_heads, num_key_heads, conv_width
D = M // H
W_query, W_key, W_value = weight("query", M, G * D), weight("key", M, G * D), weight("value", M, H * D)
W_decay, W_beta = weight("decay", M, H), weight("beta", M, H)
W_out, W_gate = weight("out", H * D, M), weight("gate", M, H * D)
filters = weight("convolution", K, 2 * G * D + H * D).T     # [2·G·D + H·D, K]
A_log, decay_bias = torch.log(torch.linspace(0.05, 0.5, H)), torch.zeros(H)
norm_scale = torch.ones(D)


# %% [markdown]
# ## Ask, then write the difference
#
# One token: the state fades, is asked for what it has under the key, and takes in what was wrong, all of it with `β = 1`, nothing with `β = 0`.

# %%
def delta_rule_step(q, k, v, log_decay, beta, state):   # [H, D] each of q, k, v, [H] each, [H, D, D]
    state = torch.exp(log_decay)[:, None, None] * state
    recalled = k[:, None] @ state                                       # [H, 1, D]
    correction = beta[:, None, None] * (v[:, None] - recalled)          # [H, 1, D]
    state = state + k[:, :, None] @ correction                          # [H, D, D]
    return (q[:, None] @ state)[:, 0], state


# Two values under one key, in one head that does not fade: the second replaces the first, where a sum keeps both.
key, first, second = torch.tensor([[0.6, 0.8]]), torch.tensor([[1.0, 2.0]]), torch.tensor([[5.0, -1.0]])
_, state = delta_rule_step(key, key, first, torch.zeros(1), torch.ones(1), torch.zeros(1, 2, 2))
replaced, _ = delta_rule_step(key, key, second, torch.zeros(1), torch.ones(1), state)
summed = key @ (key.T @ first + key.T @ second)
print("the delta rule reads", *[f"{value:.2f}" for value in replaced[0].tolist()])
print("a sum reads", *[f"{value:.2f}" for value in summed[0].tolist()])


# %% [markdown]
# ## Before the rule
#
# A state has no notion of neighbours, so each channel first mixes the last few tokens by itself, with weights of its own.
# Then keys and queries are made to length one, and each head of each token says how much it forgets and how much it writes.

# %%
def short_convolution(columns, filters, before):    # [T, channels], [channels, K], [K - 1, channels]
    seen = torch.cat([before, columns])
    mixed = F.conv1d(seen.T[None], filters[:, None], groups=len(filters))[0].T
    return F.silu(mixed), seen[len(columns):]       # [T, channels], the last K - 1 columns


def to_unit_length(t):
    return t * torch.rsqrt((t * t).sum(dim=-1, keepdim=True) + 1e-6)


def split_heads(columns, G, H, D):      # [T, 2·G·D + H·Dv], and the width of keys
    q, k, v = columns.split([G * D, G * D, columns.shape[1] - 2 * G * D], dim=-1)
    q, k = [to_unit_length(t.view(-1, G, D)).repeat_interleave(H // G, dim=1) for t in (q, k)]
    return [t.transpose(0, 1) for t in (q / D**0.5, k, v.view(len(v), H, -1))]     # [H, T, D] each


def gates(a, b, A_log, decay_bias):     # [T, H] each, [H] each
    return -torch.exp(A_log) * F.softplus(a + decay_bias), torch.sigmoid(b)         # [T, H]: log λ, β


def gated_norm(heads, gate, scale, eps=1e-6):   # [T, H, D] each, [D]
    return heads * torch.rsqrt(heads.pow(2).mean(dim=-1, keepdim=True) + eps) * scale * F.silu(gate)


before = torch.zeros(K - 1, 2 * G * D + H * D)
columns, _ = short_convolution(torch.cat([x @ W_query, x @ W_key, x @ W_value], dim=-1), filters, before)
q, k, v = split_heads(columns, G, H, D)
log_decay, beta = gates(x @ W_decay, x @ W_beta, A_log, decay_bias)
for word, fading, writing in list(zip(words, torch.exp(log_decay).tolist(), beta.tolist()))[:6]:
    print(f"{word:>8} λ", *[f"{share:.2f}" for share in fading], " β", *[f"{share:.2f}" for share in writing])


# %% [markdown]
# ## One token after the other

# %%
def gated_delta_rule(q, k, v, log_decay, beta):     # [H, T, D] each of q, k, v, [T, H] each
    state, read = torch.zeros(q.shape[0], q.shape[2], v.shape[2]), []
    for t in range(q.shape[1]):
        z, state = delta_rule_step(q[:, t], k[:, t], v[:, t], log_decay[t], beta[t], state)
        read.append(z)
    return torch.stack(read, dim=1), state          # [H, T, D], [H, D, D]


def layer_output(heads, x):     # [H, T, D], [T, M]
    normed = gated_norm(heads.transpose(0, 1), (x @ W_gate).view(-1, H, D), norm_scale)
    return normed.reshape(-1, H * D) @ W_out


heads, state = gated_delta_rule(q, k, v, log_decay, beta)
out = layer_output(heads, x)
print(out.shape, state.shape)


# %% [markdown]
# ## A chunk at once
#
# Within a chunk the corrections `u` depend on each other: `u_i = β_i (v_i - k_i S) - Σ_{j<i} β_i (k_i·k_j) u_j`, with the fading left out.
# That is a triangle of equations, the same for all that the state may hold, so it is inverted for all chunks together, a row after the other.
# What remains is a few products for each chunk.

# %%
def chunked_gated_delta_rule(q, k, v, log_decay, beta, chunk):
    H, T, D = q.shape
    missing = -T % chunk    # a last chunk that is not full gets tokens that neither fade nor write
    q, k, v = [F.pad(t, (0, 0, 0, missing)).view(H, -1, chunk, t.shape[-1]) for t in (q, k, v)]         # [H, N, C, D]
    log_decay, beta = [F.pad(t.T, (0, missing)).view(H, -1, chunk, 1) for t in (log_decay, beta)]       # [H, N, C, 1]
    faded = log_decay.cumsum(dim=2)                                     # since the start of the chunk
    fading = torch.exp((faded - faded.transpose(2, 3)).tril()).tril()   # [H, N, C, C]: from one token to another
    triangle = (beta * (k @ k.transpose(2, 3)) * fading).tril(-1)       # [H, N, C, C]
    inverse = torch.eye(chunk).repeat(H, q.shape[1], 1, 1)
    for i in range(1, chunk):
        inverse[:, :, i:i + 1] -= triangle[:, :, i:i + 1, :i] @ inverse[:, :, :i]

    state, read = torch.zeros(H, D, v.shape[-1]), []
    for n in range(q.shape[1]):
        since, end = torch.exp(faded[:, n]), faded[:, n, -1:]           # [H, C, 1], [H, 1, 1]
        u = inverse[:, n] @ (beta[:, n] * (v[:, n] - (k[:, n] * since) @ state))                        # [H, C, D]
        near = (q[:, n] @ k[:, n].transpose(1, 2) * fading[:, n]) @ u
        read.append((q[:, n] * since) @ state + near)
        state = torch.exp(end) * state + (k[:, n] * torch.exp(end - faded[:, n])).transpose(1, 2) @ u
    return torch.cat(read, dim=1)[:, :T], state                         # [H, T, D], [H, D, D]


in_chunks, chunked_state = chunked_gated_delta_rule(q, k, v, log_decay, beta, chunk_size)
print("chunks read the same:", torch.allclose(in_chunks, heads, atol=1e-5))
print("and end in the same state:", torch.allclose(chunked_state, state, atol=1e-5))


# %% [markdown]
# ## Which keys a query sees
#
# Everything before it and itself, through the state: a key that was faded or overwritten since is seen in name only.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))
left = torch.exp(log_decay.sum(dim=0) - log_decay[0])   # [H]
print("left of the first word at the last, if nothing wrote over it:", *[f"{share:.3f}" for share in left.tolist()])

# %% [markdown]
# ## Token by token
#
# The state, and the columns that the convolution still has to see. Neither grows.

# %%
cache = {"state": torch.zeros(H, D, D), "columns": torch.zeros(K - 1, 2 * G * D + H * D)}
decoded = []
for position in range(len(words)):
    token = x[position:position + 1]
    raw = torch.cat([token @ W_query, token @ W_key, token @ W_value], dim=-1)
    new, cache["columns"] = short_convolution(raw, filters, cache["columns"])
    new_q, new_k, new_v = [t[:, 0] for t in split_heads(new, G, H, D)]
    new_decay, new_beta = gates(token @ W_decay, token @ W_beta, A_log, decay_bias)
    z, cache["state"] = delta_rule_step(new_q, new_k, new_v, new_decay[0], new_beta[0], cache["state"])
    decoded.append(layer_output(z[:, None], token))

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-4))

# %% [markdown]
# ## What it costs
#
# The bytes do not name T. A step asks, writes and reads, a product each; a chunk pays `C` for each of its tokens besides, in products large enough for a GPU.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# A state is read and written.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    chunked_gated_delta_rule(q, k, v, log_decay, beta, chunk_size)
with FlopCounterMode(display=False) as step_counter:
    delta_rule_step(q[:, -1], k[:, -1], v[:, -1], log_decay[-1], beta[-1], cache["state"])

C, N = chunk_size, len(range(0, T, chunk_size))
moved = [raw, cache["columns"], new_decay, new_beta, cache["state"], cache["state"], z]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "(H·D·D + (K - 1)·(2·G·D + H·D))·4",
     (H * D * D + (K - 1) * (2 * G * D + H * D)) * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(K·(2·G·D + H·D) + 2·H + 2·H·D·D + H·D)·4",
     (K * (2 * G * D + H * D) + 2 * H + 2 * H * D * D + H * D) * 4),
    ("FLOPs in chunks", counter.get_total_flops(), "H·N·C·(8·C·D + 6·D·D + C·(C - 1))",
     H * N * C * (8 * C * D + 6 * D * D + C * (C - 1))),
    ("FLOPs of one step", step_counter.get_total_flops(), "6·H·D·D", 6 * H * D * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

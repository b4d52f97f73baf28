# %% [markdown]
# # Mamba-2
#
# A state space model carries a state from token to token: it fades by a step that each token chooses, takes in the token, and is read.
# Written out, the same numbers are attention without softmax, with a mask that holds how much has faded between two tokens: that is the *duality*, and its B, C and x are keys, queries and values.
# So it can be computed as a recurrence when writing, and while reading as products of matrices inside chunks, with only the states passed on between them.
#
# `S_t = exp(Δ_t A_h) S_{t-1} + k_tᵀ (Δ_t v_t)`, `z_t = q_t S_t + d_h v_t`, with `Δ_t = softplus(x_t W_step + b)` and `A_h = -exp(a_h)`
#
# - **T** tokens: the words of the sentence
# - **H** heads, each with a state
# - **G** groups of heads that share queries and keys
# - **D** head width, P in the paper
# - **N** state width: the length of queries and keys
# - **M** model width, here `H · D`
# - **K** tokens that the convolution sees
# - **C** tokens of a chunk
#
# **Keeps** order without positions, and a weight for every earlier token that depends on both tokens and on all between them.
#
# **Gives up** exact recall, and correction: what is written is added, and leaves only by fading.
#
# **Cache** `H·N·D` numbers for the state and `(K - 1)·(H·D + 2·G·N)` for the convolution, for any length, against `2·H·D` for every token
#
# **Used by** Nemotron 3 Nano, Nemotron 3 Super, Nemotron-H, Codestral Mamba
#
# **Also called** SSD, state space duality, selective state space model, SSM
#
# **Notes** The gate comes before the norm here, `rms_norm(z ⊙ silu(gate))`, and behind it in the gated delta rule ([mamba](https://github.com/state-spaces/mamba/blob/main/mamba_ssm/modules/mamba2.py), `norm_before_gate=False`).
# For Nemotron-H [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/nemotron_h/modeling_nemotron_h.py) keeps steps from falling below 0.001 in chunks but not token by token, so the two differ there; here both take the same `smallest`.
# Models make `H·D` twice the model width.
#
# **Try** one group: all heads ask and store under the same queries and keys, and differ in values and fading alone.
#
# Sources: [Dao and Gu 2024](https://arxiv.org/abs/2405.21060), section 5 for the duality, section 6 for the chunks, section 7 for the layer.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
num_groups = 2    #@param {type:"slider", min:1, max:8, step:1}
state_width = 8   #@param {type:"slider", min:1, max:32, step:1}
conv_width = 4    #@param {type:"slider", min:1, max:6, step:1}
chunk_size = 5    #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert num_heads % num_groups == 0, "num_heads must be a multiple of num_groups, each of which has as many heads"
assert conv_width >= 1 and chunk_size >= 1, "conv_width and chunk_size must be at least one token"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, G, N, K = len(words), model_width, num_heads, num_groups, state_width, conv_width
D = M // H
W_query, W_key, W_value = weight("query", M, G * N), weight("key", M, G * N), weight("value", M, H * D)
W_out, W_gate, W_step = weight("out", H * D, M), weight("gate", M, H * D), weight("step", M, H)
filters, filter_bias = weight("convolution", K, H * D + 2 * G * N).T, torch.zeros(H * D + 2 * G * N)
A_log, step_bias, skip = torch.log(torch.arange(1, H + 1).float()), torch.full([H], -2.0), torch.ones(H)
norm_scale = torch.ones(H * D)


# %% [markdown]
# ## Before the state
#
# Each channel of values, keys and queries first mixes the last few tokens by itself.
# Each head of each token chooses the length of its step: a long one forgets more and writes more, a step of zero passes the token by.

# %%
def short_convolution(columns, filters, bias, before):  # [T, channels], [channels, K], [channels], [K - 1, channels]
    seen = torch.cat([before, columns])
    mixed = F.conv1d(seen.T[None], filters[:, None], bias, groups=len(filters))[0].T
    return F.silu(mixed), seen[len(columns):]           # [T, channels], the last K - 1 columns


def split_heads(columns, H, G, N):      # [T, H·D + 2·G·N]
    v, k, q = columns.split([columns.shape[1] - 2 * G * N, G * N, G * N], dim=-1)
    q, k = [t.view(-1, G, N).repeat_interleave(H // G, dim=1) for t in (q, k)]
    return [t.transpose(0, 1) for t in (q, k, v.view(len(v), H, -1))]   # [H, T, N], [H, T, N], [H, T, D]


def steps(raw, bias, A_log, smallest=0.0):              # [T, H], [H], [H]
    step = F.softplus(raw + bias).clamp(min=smallest)
    return step, -torch.exp(A_log) * step               # [T, H]: how much is written, the logarithm of what is left


before = torch.zeros(K - 1, H * D + 2 * G * N)
columns = torch.cat([x @ W_value, x @ W_key, x @ W_query], dim=-1)
columns, _ = short_convolution(columns, filters, filter_bias, before)
q, k, v = split_heads(columns, H, G, N)
step, log_decay = steps(x @ W_step, step_bias, A_log)
for word, row in list(zip(words, torch.exp(log_decay).tolist()))[:6]:
    print(f"{word:>8} leaves of the state in each head:", *[f"{share:.2f}" for share in row])


# %% [markdown]
# ## As a recurrence

# %%
def state_space_step(q, k, v, step, log_decay, state):  # [H, N], [H, N], [H, D], [H], [H], [H, N, D]
    state = torch.exp(log_decay)[:, None, None] * state + k[:, :, None] @ (step[:, None] * v)[:, None]
    return (q[:, None] @ state)[:, 0], state            # [H, D], [H, N, D]


def recurrent_state_space(q, k, v, step, log_decay):    # [H, T, N], [H, T, N], [H, T, D], [T, H], [T, H]
    state, read = torch.zeros(q.shape[0], q.shape[2], v.shape[2]), []
    for t in range(q.shape[1]):
        z, state = state_space_step(q[:, t], k[:, t], v[:, t], step[t], log_decay[t], state)
        read.append(z)
    return torch.stack(read, dim=1), state              # [H, T, D], [H, N, D]


def layer_output(heads, v, gate, skip, scale, groups, eps=1e-6):                    # [H, T, D] each, [T, H·D]
    joined = (heads + skip[:, None, None] * v).transpose(0, 1).flatten(1) * F.silu(gate)
    parts = joined.view(len(joined), groups, -1)                                    # each group has a norm of its own
    return (parts * torch.rsqrt(parts.pow(2).mean(dim=-1, keepdim=True) + eps)).flatten(1) * scale


heads, state = recurrent_state_space(q, k, v, step, log_decay)
out = layer_output(heads, v, x @ W_gate, skip, norm_scale, G) @ W_out               # [T, M]
print(out.shape, state.shape)


# %% [markdown]
# ## As attention
#
# Every pair of tokens gets a number: how well query and key agree, times what is left of the key, times its step. Softmax has no part in it, so a row may sum to anything.

# %%
def decay_mask(log_decay):                                      # [..., T, 1]
    faded = log_decay.cumsum(dim=-2)                            # since the start
    between = (faded - faded.transpose(-1, -2)).tril()          # from a key to a query, the future left out before exp
    return torch.exp(between).tril()                            # [..., T, T]


fading = decay_mask(log_decay.T[:, :, None])                    # [H, T, T]
weights = q @ k.transpose(1, 2) * fading * step.T[:, None]      # [H, T, T]
print("attention reads the same:", torch.allclose(weights @ v, heads, atol=1e-4))
for h in range(H):
    print(f"head {h}: left of the last words at the last:", *[f"{share:.2f}" for share in fading[h, -1, -5:].tolist()])


# %% [markdown]
# ## A chunk at once
#
# Attention inside each chunk, all chunks together. What a chunk leaves in the state is one more product, and only adding up the states goes chunk by chunk.

# %%
def chunked_state_space(q, k, v, step, log_decay, chunk):
    H, T, N = q.shape
    missing = -T % chunk    # a last chunk that is not full gets tokens of step zero
    q, k, v, step, log_decay = [F.pad(t, (0, 0, 0, missing)).view(H, -1, chunk, t.shape[-1])    # [H, T/C, C, ...]
                                for t in (q, k, v, step.T[:, :, None], log_decay.T[:, :, None])]
    faded = log_decay.cumsum(dim=2)                                                             # [H, T/C, C, 1]
    since, end = torch.exp(faded), faded[:, :, -1:]
    written = step * v
    near = (q @ k.transpose(2, 3) * decay_mask(log_decay)) @ written                            # [H, T/C, C, D]
    added = (k * torch.exp(end - faded)).transpose(2, 3) @ written                              # [H, T/C, N, D]
    state, entering = torch.zeros(H, N, v.shape[-1]), []
    for n in range(q.shape[1]):
        entering.append(state)
        state = torch.exp(end[:, n]) * state + added[:, n]
    read = near + (q * since) @ torch.stack(entering, dim=1)
    return read.flatten(1, 2)[:, :T], state                                                     # [H, T, D], [H, N, D]


in_chunks, chunked_state = chunked_state_space(q, k, v, step, log_decay, chunk_size)
print("chunks read the same:", torch.allclose(in_chunks, heads, atol=1e-4))
print("and end in the same state:", torch.allclose(chunked_state, state, atol=1e-4))


# %% [markdown]
# ## Which keys a query sees
#
# Everything before it and itself, through the state, each as far as the steps since have left it.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))
print("left of the first word at the last:", *[f"{share:.3f}" for share in fading[:, -1, 0].tolist()])

# %% [markdown]
# ## Token by token
#
# The state, and the columns that the convolution still has to see. Neither grows.

# %%
cache = {"state": torch.zeros(H, N, D), "columns": torch.zeros(K - 1, H * D + 2 * G * N)}
decoded = []
for position in range(len(words)):
    token = x[position:position + 1]
    raw = torch.cat([token @ W_value, token @ W_key, token @ W_query], dim=-1)
    new, cache["columns"] = short_convolution(raw, filters, filter_bias, cache["columns"])
    new_q, new_k, new_v = split_heads(new, H, G, N)
    new_step, new_decay = steps(token @ W_step, step_bias, A_log)
    z, cache["state"] = state_space_step(
        new_q[:, 0], new_k[:, 0], new_v[:, 0], new_step[0], new_decay[0], cache["state"])
    decoded.append(layer_output(z[:, None], new_v, token @ W_gate, skip, norm_scale, G) @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-4))

# %% [markdown]
# ## What it costs
#
# The bytes do not name T. A step writes and reads; a chunk pays `C` for each of its tokens besides, in products large enough for a GPU.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# A state is read and written.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    chunked_state_space(q, k, v, step, log_decay, chunk_size)
with FlopCounterMode(display=False) as step_counter:
    state_space_step(q[:, -1], k[:, -1], v[:, -1], step[-1], log_decay[-1], cache["state"])

C = chunk_size
padded = len(range(0, T, C)) * C
moved = [raw, cache["columns"], new_step, cache["state"], cache["state"], z]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "(H·N·D + (K - 1)·(H·D + 2·G·N))·4",
     (H * N * D + (K - 1) * (H * D + 2 * G * N)) * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(K·(H·D + 2·G·N) + H + 2·H·N·D + H·D)·4",
     (K * (H * D + 2 * G * N) + H + 2 * H * N * D + H * D) * 4),
    ("FLOPs in chunks", counter.get_total_flops(), "2·H·⌈T/C⌉·C·(C·N + C·D + 2·N·D)",
     2 * H * padded * (C * N + C * D + 2 * N * D)),
    ("FLOPs of one step", step_counter.get_total_flops(), "4·H·N·D", 4 * H * N * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

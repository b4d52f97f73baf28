# %% [markdown]
# # A recurrence in chunks is the recurrence
#
# The gated delta rule, Kimi delta attention and Mamba-2 read a text in chunks and write it token by token, and both are the same computation.
# One function of each form does for all three: Kimi's decay has a number for each channel, the gated delta rule's the same number in all of them, and Mamba-2 does not ask the state before it writes.
#
# **Identity** gated-delta-rule = gated-delta-rule
#
# Sources: [Yang et al. 2024](https://arxiv.org/abs/2412.06464), section 3.3; [Kimi Team 2025](https://arxiv.org/abs/2510.26692), section 3; [Dao and Gu 2024](https://arxiv.org/abs/2405.21060), section 6.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"

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
parts = [(x @ weight(name, M, H * D)).view(T, H, D) for name in ["query", "key", "value"]]
q, k, v = [part.transpose(0, 1) for part in parts]      # [H, T, D] each
q, unit_k = q / D**0.5, F.normalize(k, dim=-1)


# %%
def recurrent(q, k, v, log_decay, strength, asks):      # [H, T, D] each, strength [H, T, 1]
    state, read = torch.zeros(H, D, D), []
    for t in range(T):
        state = torch.exp(log_decay[:, t])[:, :, None] * state
        told = v[:, t:t + 1] - asks * (k[:, t:t + 1] @ state)                                       # [H, 1, D]
        state = state + k[:, t, :, None] @ (strength[:, t:t + 1] * told)
        read.append(q[:, t:t + 1] @ state)
    return torch.cat(read, dim=1)                                                                   # [H, T, D]


def chunked(q, k, v, log_decay, strength, asks, C):
    q, k, v, log_decay, strength = [F.pad(t, (0, 0, 0, -T % C)).view(H, -1, C, t.shape[-1])         # [H, N, C, D]
                                    for t in (q, k, v, log_decay, strength)]
    faded = log_decay.cumsum(dim=2)
    future = torch.ones(C, C).triu(1).bool()[:, :, None]
    between = (faded[:, :, :, None] - faded[:, :, None]).masked_fill(future, -torch.inf)            # [H, N, C, C, D]
    keys = (k[:, :, None] * torch.exp(between)).transpose(3, 4)
    triangle = asks * strength * (k[:, :, :, None] @ keys)[:, :, :, 0].tril(-1)                     # [H, N, C, C]
    near = (q[:, :, :, None] @ keys)[:, :, :, 0]
    inverse = torch.eye(C).repeat(H, q.shape[1], 1, 1)
    for i in range(1, C):
        inverse[:, :, i:i + 1] -= triangle[:, :, i:i + 1, :i] @ inverse[:, :, :i]
    state, read = torch.zeros(H, D, D), []
    for n in range(q.shape[1]):
        since, end = torch.exp(faded[:, n]), faded[:, n, -1:]
        u = inverse[:, n] @ (strength[:, n] * (v[:, n] - asks * ((k[:, n] * since) @ state)))
        read.append((q[:, n] * since) @ state + near[:, n] @ u)
        state = torch.exp(end).transpose(1, 2) * state + (k[:, n] * torch.exp(end - faded[:, n])).transpose(1, 2) @ u
    return torch.cat(read, dim=1)[:, :T]


# %% [markdown]
# ## Three mechanisms, chunks of all sizes
#
# One token, sizes that divide the text and sizes that do not, and more than the text.

# %%
of_heads = F.softplus(x @ weight("decay", M, H)).T[:, :, None]                                      # [H, T, 1]
of_channels = F.softplus(x @ weight("channels", M, H * D)).view(T, H, D).transpose(0, 1)            # [H, T, D]
strength = torch.sigmoid(x @ weight("beta", M, H)).T[:, :, None]                                    # [H, T, 1]
mechanisms = {
    "gated delta rule": (q, unit_k, v, -of_heads.expand(H, T, D), strength, True),
    "Kimi delta attention": (q, unit_k, v, -of_channels, strength, True),
    "Mamba-2": (q, k, v, -of_heads.expand(H, T, D), of_heads, False),
}
differences = []
for name, inputs in mechanisms.items():
    one = recurrent(*inputs)
    print(f"{name:>20}: the last word reads", *[f"{value:.4f}" for value in one[0, -1].tolist()])
    for size in [1, 3, 4, 5, T, 2 * T]:
        differences.append((one - chunked(*inputs, size)).abs().max().item())

# The same sums in another order: float32 numbers of size one move by some 1e-7 with each of the few sums in a chunk.
largest_difference = max(differences)
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "chunks and recurrence differ"

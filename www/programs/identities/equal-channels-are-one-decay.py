# %% [markdown]
# # Kimi delta attention with equal channels is the gated delta rule
#
# Kimi delta attention lets each channel of a head fade at a rate of its own.
# When all channels of a head are given the same rate, its step is the gated delta rule's, with the same state and the same output.
#
# **Identity** kimi-delta-attention = gated-delta-rule
#
# Sources: [Kimi Team 2025](https://arxiv.org/abs/2510.26692), section 3; [Yang et al. 2024](https://arxiv.org/abs/2412.06464), section 3.1.

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
q, k, v = [(x @ weight(name, M, H * D)).view(T, H, D) for name in ["query", "key", "value"]]        # [T, H, D]
q, k = F.normalize(q, dim=-1) / D**0.5, F.normalize(k, dim=-1)
log_decay, beta = -F.softplus(x @ weight("decay", M, H)), torch.sigmoid(x @ weight("beta", M, H))   # [T, H] each


# %%
def gated_delta_rule(q, k, v, log_decay, beta):         # the decay multiplies the whole state: [T, H]
    state, read = torch.zeros(H, D, D), []
    for t in range(T):
        state = torch.exp(log_decay[t])[:, None, None] * state
        correction = beta[t][:, None, None] * (v[t][:, None] - k[t][:, None] @ state)
        state = state + k[t][:, :, None] @ correction
        read.append((q[t][:, None] @ state)[:, 0])
    return torch.stack(read), state                     # [T, H, D], [H, D, D]


def kimi_delta_attention(q, k, v, log_decay, beta):     # the decay multiplies the state's rows: [T, H, D]
    state, read = torch.zeros(H, D, D), []
    for t in range(T):
        state = torch.diag_embed(torch.exp(log_decay[t])) @ state
        correction = beta[t][:, None, None] * (v[t][:, None] - k[t][:, None] @ state)
        state = state + k[t][:, :, None] @ correction
        read.append((q[t][:, None] @ state)[:, 0])
    return torch.stack(read), state


one, one_state = gated_delta_rule(q, k, v, log_decay, beta)
other, other_state = kimi_delta_attention(q, k, v, log_decay[:, :, None].expand(T, H, D), beta)
for word, row in list(zip(words, one[:, 0].tolist()))[-4:]:
    print(f"{word:>8} reads in head 0", *[f"{value:.4f}" for value in row])

# A product with a diagonal matrix adds zeros to what a product with a number gives: at most some 1e-7 of rounding.
largest_difference = max((one - other).abs().max().item(), (one_state - other_state).abs().max().item())
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "the two mechanisms differ"

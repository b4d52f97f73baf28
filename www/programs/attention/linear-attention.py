# %% [markdown]
# # Linear attention
#
# Softmax needs every score of a row before it can give one weight, so each query must go back to every key.
# If likeness is a plain product of features, φ(q)·φ(k), the brackets may be moved: first all keys and values are summed into one small matrix, the *state*, and then each query reads the state.
# The state does not grow with the text, and the cost grows with its length and not with the square of it.
#
# `z_t = φ(q_t) S_t / φ(q_t)·n_t` with `S_t = S_{t-1} + φ(k_t)ᵀ v_t`, `n_t = n_{t-1} + φ(k_t)` and `φ(x) = elu(x) + 1`
#
# - **T** tokens: the words of the sentence
# - **H** heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** a weight for every earlier token, positive and summing to one in each row, though it is never written down.
#
# **Gives up** sharp weights and exact recall: the state has `D·D` numbers per head, so more than `D` keys cannot be kept apart.
#
# **Cache** `H·(D·D + D)` numbers in all, for any length, against `2·H·D` for every token: from `T > (D + 1) / 2` on it is the smaller
#
# **Used by** Linear Transformer
#
# **Also called** kernelised attention, linear transformer, fast weights
#
# **Notes** The paper's code adds 1e-6 to the divisor; elu + 1 is positive, so it is left out here.
# No large language model uses this map: those that keep a state drop the divisor and let the state fade (lightning attention, Mamba-2) or correct it (the gated delta rule).
#
# **Try** `torch.exp(t)` as feature map: the rows become sharper, because the features themselves are farther apart.
#
# Sources: [Katharopoulos et al. 2020](https://arxiv.org/abs/2006.16236), sections 3.2 to 3.4; [Schlag et al. 2021](https://arxiv.org/abs/2102.11174), section 4.1, on how many keys a state can hold.

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
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out = weight("out", H * D, M)

q, k, v = [(x @ W).view(T, H, D).transpose(0, 1) for W in (W_query, W_key, W_value)]  # [H, T, D] each


# %% [markdown]
# ## Where the brackets stand
#
# A product of three matrices may be computed from the left or from the right. From the left it makes a matrix of tokens by tokens, from the right one of features by features.
# Softmax stands in the way of this; a product of features does not.

# %%
def feature_map(t):
    return F.elu(t) + 1     # t + 1 above zero, exp(t) below: always positive


from_the_left = (feature_map(q) @ feature_map(k).transpose(1, 2)) @ v     # through [H, T, T]
from_the_right = feature_map(q) @ (feature_map(k).transpose(1, 2) @ v)    # through [H, D, D]
print("the same from both sides:", torch.allclose(from_the_left, from_the_right, rtol=1e-4, atol=1e-4))


# %% [markdown]
# ## The quadratic form
#
# With a mask for the future and each row divided by its sum this is attention with another way to make scores positive than the exponential.

# %%
def linear_attention(q, k, v):  # [H, T, D] each
    likeness = (feature_map(q) @ feature_map(k).transpose(1, 2)).tril()   # [H, T, T]
    weights = likeness / likeness.sum(dim=-1, keepdim=True)               # [H, T, T]
    return weights @ v, weights                                           # [H, T, D], [H, T, T]


heads, weights = linear_attention(q, k, v)
out = heads.transpose(0, 1).reshape(T, H * D) @ W_out                     # [T, M]
print(out.shape, weights.shape)

# %% [markdown]
# Softmax can be made sharp: longer queries, and the largest weight takes all. Here the same queries mean the same likeness many times over, and the division takes it out again.

# %%
future = torch.ones(T, T).triu(1).bool()
for length in [1, 4, 16]:
    _, linear = linear_attention(length * q, k, v)
    softmax = torch.softmax((length * q @ k.transpose(1, 2) / D**0.5).masked_fill(future, -torch.inf), dim=-1)
    largest = [weights[:, -1].amax(dim=-1).mean() for weights in (linear, softmax)]
    print(f"queries {length:2} times as long: largest weight {largest[0]:.2f}, with softmax {largest[1]:.2f}")


# %% [markdown]
# ## The state form
#
# The sums over all earlier tokens are kept and not computed again. Adding a token is an outer product, reading is a product of a row and a matrix.

# %%
def linear_attention_step(q, k, v, state, total):  # [H, D] each of q, k, v, then [H, D, D], [H, D]
    q, k = feature_map(q), feature_map(k)
    state = state + k[:, :, None] @ v[:, None]     # [H, D, D]: what to find under which features
    total = total + k                              # [H, D]: how much has been put in
    read = q[:, None] @ state                      # [H, 1, D]
    share = q[:, None] @ total[:, :, None]         # [H, 1, 1]
    return (read / share)[:, 0], state, total


# %% [markdown]
# ## Which keys a query sees
#
# Everything before it and itself. The state is a sum, so no key in it can be looked at alone: whatever is read under one key brings along a part of all that are like it.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))
print("keys that the last word sees:", visible[-1].sum().item(), "in a state of rank", D, "at most")

# %% [markdown]
# ## Token by token
#
# There is no row of weights here: a step never meets the keys again, only their sum.

# %%
cache = {"state": torch.zeros(H, D, D), "total": torch.zeros(H, D)}
decoded = []
for position in range(len(words)):
    new_q, new_k, new_v = [(x[position] @ W).view(H, D) for W in (W_query, W_key, W_value)]
    y, cache["state"], cache["total"] = linear_attention_step(new_q, new_k, new_v, cache["state"], cache["total"])
    decoded.append(y.reshape(H * D) @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.stack(decoded), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# The bytes do not name T: a longer sentence leaves them as they are. The quadratic form pays `T` where a step pays `D`.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# A state is read and written.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    linear_attention(q, k, v)
with FlopCounterMode(display=False) as step_counter:
    linear_attention_step(q[:, -1], k[:, -1], v[:, -1], cache["state"], cache["total"])

moved = [new_q, new_k, new_v, *cache.values(), *cache.values(), y]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "H·(D·D + D)·4", H * (D * D + D) * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(4·H·D + 2·H·(D·D + D))·4", (4 * H * D + 2 * H * (D * D + D)) * 4),
    ("FLOPs of the quadratic form", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
    ("FLOPs of one step", step_counter.get_total_flops(), "4·H·D·D + 2·H·D", 4 * H * D * D + 2 * H * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

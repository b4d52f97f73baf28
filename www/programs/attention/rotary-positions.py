# %% [markdown]
# # Rotary positions
#
# A query and a key are turned, pair of channels by pair of channels, by an angle that grows with their position: the first pair turns fast, the last one slowly.
# The dot product of two turned vectors depends on the difference of their angles alone, so a score knows how far apart two words are and nothing else about where they stand.
# Nothing is added to the embeddings and nothing is learned; a key is turned once, when it enters the cache.
#
# `score(i, j) = (R_i q_i) · (R_j k_j) / √D = q_i · R_(j-i) k_j / √D`, where `R_p` turns pair `n` of `R/2` by the angle `p · base^(-2n/R)`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **D** head width
# - **R** rotary width: the first channels of a head, which are turned; the others are left as they are
# - **M** model width, here `H · D`
#
# **Keeps** full attention between all words, and adds what it lacks: a score that depends on distance.
#
# **Gives up** words without a place: a distance that training never showed gives angles that the model does not know (YaRN is the repair).
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** Llama 3, Qwen3, Gemma 3, gpt-oss, OLMo 2, Mistral Small 3.1, DeepSeek-V3, GLM-4.5, MiniMax-M2
#
# **Also called** RoPE, rotary position embedding, rotary embeddings, partial RoPE
#
# **Notes** Two layouts are in use, and a checkpoint is right in one of them only.
# Half-split pairs channel `n` with channel `n + R/2`: [`rotate_half`](https://github.com/huggingface/transformers/blob/main/src/transformers/models/llama/modeling_llama.py) for Llama, Qwen, Gemma and gpt-oss.
# Interleaved pairs channel `2n` with `2n + 1`, as in the paper: [GPT-J](https://github.com/kingoflolz/mesh-transformer-jax), and the main attention of [DeepSeek-V3](https://github.com/deepseek-ai/DeepSeek-V3/blob/main/inference/model.py).
# Partial rotation leaves some channels free of position: 64 of 128 in MiniMax-Text-01, 64 of 256 in Qwen3-Next.
# The base is 10 000 in the paper and grew with the length of texts: 500 000 in Llama 3, 10 000 000 in Qwen3-Next.
#
# **Try** the other layout: with random matrices one is as good as the other, but the weights of the heads change, which is what happens to a checkpoint that is read in the wrong one.
#
# Sources: [Su et al. 2021](https://arxiv.org/abs/2104.09864), section 3; [Black et al. 2022](https://arxiv.org/abs/2204.06745), section 2.1.1, for partial rotation.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
rotary_width = 4  #@param {type:"slider", min:0, max:64, step:2}
base = 10000      #@param [10, 100, 10000, 500000] {type:"raw"}
layout = "half-split"  #@param ["half-split", "interleaved"]
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert rotary_width % 2 == 0, "choose an even rotary width: channels turn in pairs"
assert rotary_width <= model_width // num_heads, "choose a rotary width of at most model width / heads"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, R = len(words), model_width, num_heads, rotary_width
D = M // H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out = weight("out", H * D, M)

# %% [markdown]
# ## Turning pairs of channels

# %%
def rotary_angles(positions, rotary_width, base):
    """How far each pair of channels is turned at each position: [T] -> [T, R/2]"""
    speeds = base ** (-torch.arange(0, rotary_width, 2) / rotary_width)     # [R/2]
    return positions[:, None] * speeds


def rotate(t, angles, layout="half-split"):
    """Turns the first R channels of every head, t [heads, T, D], by angles [T, R/2]."""
    R = 2 * angles.shape[-1]
    moving, still = t[..., :R], t[..., R:]
    if layout == "half-split":
        first, second = moving[..., :R // 2], moving[..., R // 2:]
    else:
        first, second = moving[..., 0::2], moving[..., 1::2]
    cos, sin = angles.cos(), angles.sin()
    first, second = first * cos - second * sin, second * cos + first * sin
    if layout == "half-split":
        moving = torch.cat([first, second], dim=-1)
    else:
        moving = torch.stack([first, second], dim=-1).flatten(-2)
    return torch.cat([moving, still], dim=-1)


def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention(q, k, v, visible):
    """q [H, T, D], k and v [H, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.transpose(-2, -1) / q.shape[-1]**0.5).masked_fill(~visible, -torch.inf)     # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


angles = rotary_angles(torch.arange(T), R, base)    # [T, R/2]
print(angles[:4])

# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before. Rotation changes how much of a key it takes, not whether.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once
#
# Queries and keys are turned. Values are not: what a word says does not depend on where it stands.

# %%
plain_q, plain_k = split_heads(x @ W_query, H), split_heads(x @ W_key, H)                   # [H, T, D] each
q, k = rotate(plain_q, angles, layout), rotate(plain_k, angles, layout)                     # [H, T, D] each
v = split_heads(x @ W_value, H)                                                             # [H, T, D]
heads, weights = attention(q, k, v, visible)
out = heads @ W_out                                                                         # [T, M]
print(out[-1])

fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]        # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# ## Only distance counts
#
# One query and one key, the same two vectors everywhere: along a diagonal of the table the score stays, whatever the positions.

# %%
same_q, same_k = plain_q[:, :1].expand(H, T, D), plain_k[:, -1:].expand(H, T, D)
everywhere = rotate(same_q, angles, layout) @ rotate(same_k, angles, layout).transpose(-2, -1)  # [H, T, T]
print(everywhere[0, :5, :5])

later = rotary_angles(torch.arange(T) + 100, R, base)
shifted, _ = attention(rotate(plain_q, later, layout), rotate(plain_k, later, layout), v, visible)
# An angle of 100 is exact to 4e-6 in float32, which is what the sines and cosines are then off by.
print("a hundred words further on nothing changes:", torch.allclose(shifted, heads, atol=1e-4))

# %% [markdown]
# ## One layout is the other with its channels in another order
#
# Take the even channels first and the odd ones after them, and half-split does what interleaved did.
# Reordering the columns of `W_query` and `W_key` once therefore converts a checkpoint, and the scores are the same.

# %%
order = list(range(0, R, 2)) + list(range(1, R, 2)) + list(range(R, D))
converted = rotate(plain_q[..., order], angles, "half-split")
print("converted:", torch.allclose(converted, rotate(plain_q, angles, "interleaved")[..., order], atol=1e-6))

# %% [markdown]
# ## Token by token
#
# A key is kept turned. It never has to be turned again, since only the difference to the query's angle counts.

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    angle = rotary_angles(torch.tensor([position]), R, base)                                    # [1, R/2]
    new_q, new_k = [rotate(split_heads(token @ W, H), angle, layout) for W in (W_query, W_key)] # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                                    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], split_heads(token @ W_value, H)], dim=1)      # [H, S, D]
    found, row = attention(new_q, cache["keys"], cache["values"], visible[position:position + 1, :position + 1])
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Nothing is added to the cache, and no product of matrices: turning a channel takes three operations on numbers, which the counter leaves out.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention(rotate(plain_q, angles, layout), rotate(plain_k, angles, layout), v, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # YaRN
#
# A model with rotary positions knows the angles that its training texts were long enough to show, and is lost beyond them.
# YaRN slows the rotation for longer texts, but not for every pair alike: pairs that turned many times in training stay as they are, since they tell near words apart; pairs that never finished a turn are slowed by the whole factor, so that no angle is new; a ramp leads from one to the other.
# Attention over more words spreads thinner, so the scores are multiplied by a factor a little above one that sharpens it again.
#
# `speed_n = (1 - ramp_n) · base^(-2n/R) + ramp_n · base^(-2n/R) / s`, and `softmax(m² · Q Kᵀ / √D + mask) V` with `m = 0.1 · ln(s) + 1`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **D** head width
# - **R** rotary width, here `D`: the pairs of channels `n` are numbered from 0 to `R/2 - 1`
# - **M** model width, here `H · D`
#
# **Keeps** the weights of a trained model, and how it tells near words apart.
#
# **Gives up** a little sharpness of distance for far words, and nothing is free: models are trained on with the new speeds for a while.
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** DeepSeek-V3, gpt-oss, OLMo 3, Kimi K2
#
# **Also called** Yet another RoPE extensioN, RoPE scaling, context extension, NTK-by-parts
#
# **Notes** gpt-oss and [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_rope_utils.py) multiply sine and cosine by `m`, which gives the scores `m²`; [DeepSeek-V3](https://github.com/deepseek-ai/DeepSeek-V3/blob/main/inference/model.py) multiplies the softmax scale by `m²`.
# The two agree where a whole head turns; where only a part of it does, the second sharpens the rest too. Never do both.
# The ramp's ends are rounded to whole pairs, but [gpt-oss](https://github.com/openai/gpt-oss/blob/main/gpt_oss/torch/model.py) does not round them.
# Llama 3.1 has a rule of its own of the same kind, without the factor `m`.
#
# **Try** `factor` at 1: the plain speeds come back. At 32: which pairs do not change?
#
# Sources: [Peng et al. 2023](https://arxiv.org/abs/2309.00071), section 3; [Chen et al. 2023](https://arxiv.org/abs/2306.15595) for slowing all pairs alike.

# %%
import math
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
factor = 8.0         #@param {type:"slider", min:1, max:32, step:1}
original_length = 8  #@param {type:"slider", min:2, max:64, step:1}
base = 10000         #@param [100, 10000, 150000] {type:"raw"}
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"
assert model_width // num_heads % 2 == 0, "choose an even head width, model width / heads: channels turn in pairs"

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

# %% [markdown]
# ## Which pairs are slowed
#
# A pair that turns `beta_fast` times or more within the original length keeps its speed; one that turns `beta_slow` times or less is slowed by the whole factor.

# %%
def yarn_speeds(rotary_width, base, factor, original_length, beta_fast=32, beta_slow=1, rounded=True):
    """How far each pair of channels is turned from one position to the next: [R/2]"""
    def pair_that_turns(times):
        """The number, with decimals, of the pair that turns so many times within the original length."""
        return rotary_width * math.log(original_length / (times * 2 * math.pi)) / (2 * math.log(base))

    low, high = pair_that_turns(beta_fast), pair_that_turns(beta_slow)
    if rounded:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, rotary_width - 1)
    width = high - low if high != low else 0.001    # a ramp of no width would divide by zero
    ramp = ((torch.arange(rotary_width // 2) - low) / width).clamp(0, 1)
    plain = base ** (-torch.arange(0, rotary_width, 2) / rotary_width)
    return plain * (1 - ramp) + plain / factor * ramp


def attention_factor(factor):
    return 0.1 * math.log(factor) + 1


# %% [markdown]
# The 32 pairs of gpt-oss, trained on texts of 4096 tokens and stretched 32 times: the first nine turn as before, the last fourteen 32 times slower.

# %%
stretched = yarn_speeds(64, 150000, 32, 4096, rounded=False)
plain = yarn_speeds(64, 150000, 1, 4096, rounded=False)
for pair in [0, 8, 9, 12, 16, 17, 18, 31]:
    turns = 4096 * plain[pair].item() / (2 * math.pi)
    print(f"pair {pair:2} turned {turns:6.1f} times in training, now {(plain / stretched)[pair]:5.2f} times slower")
print(f"scores are multiplied by {attention_factor(32)**2:.4f}")

# %% [markdown]
# ## Rotated attention, sharpened

# %%
def rotate(t, angles):
    """Turns t [heads, T, R] by angles [T, R/2], channel n against channel n + R/2."""
    first, second = t.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention(q, k, v, visible, scale):
    """q [H, T, D], k and v [H, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.transpose(-2, -1) * scale).masked_fill(~visible, -torch.inf)    # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before: more of it than the model was trained on.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
speeds = yarn_speeds(D, base, factor, original_length)                              # [R/2]
angles = torch.arange(T)[:, None] * speeds                                          # [T, R/2]
scale = attention_factor(factor)**2 / D**0.5
plain_q, plain_k = split_heads(x @ W_query, H), split_heads(x @ W_key, H)           # [H, T, D] each
v = split_heads(x @ W_value, H)                                                     # [H, T, D]
q, k = rotate(plain_q, angles), rotate(plain_k, angles)                             # [H, T, D] each
heads, weights = attention(q, k, v, visible, scale)
out = heads @ W_out                                                                 # [T, M]
print("speeds", speeds, "plain", yarn_speeds(D, base, 1, original_length))
print(out[-1])

m = attention_factor(factor)
longer, _ = attention(m * q, m * k, v, visible, 1 / D**0.5)
fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, scale=scale)[0]   # [H, T, D]
print("sine and cosine times m, scores times m²:", torch.allclose(longer, heads, atol=1e-5))
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# The factor at work: how much of its attention the last word gives to the word it likes best, on average over the heads.

# %%
_, dull = attention(q, k, v, visible, 1 / D**0.5)
for name, shares in [("as they are", dull), ("sharpened", weights)]:
    print(f"largest share with scores {name}: {shares[:, -1].amax(dim=-1).mean():.3f}")

# %% [markdown]
# ## Token by token

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    new_q, new_k = [rotate(split_heads(token @ W, H), position * speeds) for W in (W_query, W_key)]     # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                                    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], split_heads(token @ W_value, H)], dim=1)      # [H, S, D]
    seen = visible[position:position + 1, :position + 1]                                        # [1, S]
    found, row = attention(new_q, cache["keys"], cache["values"], seen, scale)
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# What rotary positions cost: the speeds are other numbers, and the factor is in the scale.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention(q, k, v, visible, scale)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

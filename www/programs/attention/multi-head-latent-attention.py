# %% [markdown]
# # Multi-head latent attention
#
# Keys and values of all heads are made from one short vector per token, the latent, and only the latent is kept.
# Unlike shared heads, every head still has keys and values of its own: it makes them from the latent by matrices of its own.
# Nor do they have to be made: the matrix that makes the keys can be moved over to the query, so that attention works on the latents as they lie in the cache.
#
# `c = norm(x Wdown)`, `score_h = (q_h · c Wkey_h + r_h · r) / √(D + R)`, `Z_h = softmax(scores + mask) c Wvalue_h`;
# absorbed: `q_h · (c Wkey_h) = (q_h Wkey_hᵀ) · c`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** heads
# - **D** head width, of the part without positions and of the values
# - **R** rotary width: a turned part of every query, `r_h`, and one turned key for all heads, `r`
# - **C** width of the latent of keys and values
# - **P** width of the latent of queries
# - **M** model width, here `H · D`
#
# **Keeps** keys and values of its own for every head, and every word visible.
#
# **Gives up** keys and values of full rank: together those of all heads have no more than `C` dimensions. And rotation of the keys themselves, for which a separate small key stands in.
#
# **Cache** `C + R` numbers per token against `2·H·D`
#
# **Used by** DeepSeek-V2, DeepSeek-V3, DeepSeek-V3.2, Kimi K2, Kimi Linear, GLM-5, Mistral Large 3, Mistral Small 4, Ling 2.5, Sarvam 105B
#
# **Also called** MLA, latent attention, low-rank key/value compression
#
# **Notes** A rotation between `Wkey_hᵀ` and `c` would depend on the distance, and nothing could be absorbed: that is why positions have channels of their own.
# The scale is `1/√(D + R)` in both forms, not `1/√C`, and YaRN's factor comes on top in DeepSeek-V3 ([inference code](https://github.com/deepseek-ai/DeepSeek-V3/blob/main/inference/model.py)).
# The latent is kept after its norm, the turned key after its rotation; pairs are interleaved.
# Kimi Linear keeps the separate channels and does not turn them, and has no latent for queries ([technical report](https://arxiv.org/abs/2510.26692)).
# A well-known teaching version leaves out the separate channels and the norms ([LLMs-from-scratch](https://github.com/rasbt/LLMs-from-scratch/tree/main/ch04/05_mla)).
#
# **Try** a latent of 16 or 32: at which width does the cache of multi-head attention come back, and which form then takes more FLOPs?
#
# Sources: [DeepSeek-V2 2024](https://arxiv.org/abs/2405.04434), section 2.1; [DeepSeek-V3 2024](https://arxiv.org/abs/2412.19437), section 2.1.1.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
latent_width = 8  #@param {type:"slider", min:1, max:64, step:1}
rotary_width = 2  #@param {type:"slider", min:2, max:16, step:2}
query_latent_width = 12  #@param {type:"slider", min:1, max:64, step:1}
assert sentence.split(), "write a sentence of at least one word"
assert model_width % num_heads == 0, "choose a number of heads that divides the model width"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, C, R, P = len(words), model_width, num_heads, latent_width, rotary_width, query_latent_width
D = M // H
W_query_down, W_query_up = weight("query down", M, P), weight("query up", P, H * (D + R))
W_down = weight("key and value down", M, C + R)
W_key_up = weight("key up", C, H * D).view(C, H, D).transpose(0, 1)         # [H, C, D]
W_value_up = weight("value up", C, H * D).view(C, H, D).transpose(0, 1)     # [H, C, D]
W_out = weight("out", H * D, M)

# %% [markdown]
# ## Twice the same attention
#
# The naive form makes the keys and values of all heads, then attends as always.
# The absorbed form brings the queries to the latents, where all heads share one key of width `C + R` and one value of width `C`: multi-query attention, after which each head makes its value from what it mixed.

# %%
def naive_attention(q, q_turned, latent, k_turned, W_key_up, W_value_up, visible, scale):
    """q [H, T, D], q_turned [H, T, R], latent [S, C], k_turned [S, R], visible [T, S]
    -> what the heads found [T, H · D], and their weights [H, T, S]"""
    k, v = latent @ W_key_up, latent @ W_value_up                                       # [H, S, D] each
    scores = (q @ k.transpose(-2, -1) + q_turned @ k_turned.T) * scale                  # [H, T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)
    return (weights @ v).transpose(0, 1).flatten(1), weights


def absorbed_attention(q, q_turned, latent, k_turned, W_key_up, W_value_up, visible, scale):
    """The same, without keys and values."""
    q_latent = q @ W_key_up.transpose(-2, -1)                                           # [H, T, C]
    scores = (q_latent @ latent.T + q_turned @ k_turned.T) * scale                      # [H, T, S]
    weights = torch.softmax(scores.masked_fill(~visible, -torch.inf), dim=-1)
    mixed = weights @ latent                                                            # [H, T, C]
    return (mixed @ W_value_up).transpose(0, 1).flatten(1), weights


def rms_norm(t, epsilon=1e-6):
    return t * torch.rsqrt(t.pow(2).mean(dim=-1, keepdim=True) + epsilon)


def rotate(t, positions, base=10000):
    """Turns channel 2n of t [..., T, R] against channel 2n + 1."""
    R = t.shape[-1]
    angles = positions[:, None] * base ** (-torch.arange(0, R, 2) / R)                  # [T, R/2]
    even, odd = t[..., 0::2], t[..., 1::2]
    turned = [even * angles.cos() - odd * angles.sin(), odd * angles.cos() + even * angles.sin()]
    return torch.stack(turned, dim=-1).flatten(-2)


def queries_and_latents(x, positions):
    """x [T, M] -> q [H, T, D], q_turned [H, T, R], latent [T, C], k_turned [T, R]"""
    queries = (rms_norm(x @ W_query_down) @ W_query_up).view(len(x), H, D + R).transpose(0, 1)
    q, q_turned = queries.split([D, R], dim=-1)
    latent, k_turned = (x @ W_down).split([C, R], dim=-1)
    return q, rotate(q_turned, positions), rms_norm(latent), rotate(k_turned, positions)


# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
scale = (D + R)**-0.5
q, q_turned, latent, k_turned = queries_and_latents(x, torch.arange(T))
heads, weights = naive_attention(q, q_turned, latent, k_turned, W_key_up, W_value_up, visible, scale)
out = heads @ W_out                                                                     # [T, M]
print("latents", latent.shape, "turned keys", k_turned.shape)
print(out[-1])

absorbed, _ = absorbed_attention(q, q_turned, latent, k_turned, W_key_up, W_value_up, visible, scale)
print("absorbed is naive:", torch.allclose(absorbed, heads, atol=1e-5))

all_q = torch.cat([q, q_turned], dim=-1)                                                # [H, T, D + R]
all_k = torch.cat([latent @ W_key_up, k_turned.expand(H, T, R)], dim=-1)                # [H, T, D + R]
fused = F.scaled_dot_product_attention(all_q[None], all_k[None], (latent @ W_value_up)[None], is_causal=True)[0]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).flatten(1), heads, atol=1e-5))

# %% [markdown]
# ## Token by token
#
# The absorbed form, on a cache of latents. The naive form would make all keys and values again for every new token.

# %%
cache = {"latents": torch.empty(0, C), "turned keys": torch.empty(0, R)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                    # [1, M]
    new_q, new_q_turned, new_latent, new_k_turned = queries_and_latents(token, torch.tensor([position]))
    cache["latents"] = torch.cat([cache["latents"], new_latent])                        # [S, C]
    cache["turned keys"] = torch.cat([cache["turned keys"], new_k_turned])              # [S, R]
    found, row = absorbed_attention(
        new_q, new_q_turned, cache["latents"], cache["turned keys"], W_key_up, W_value_up,
        visible[position:position + 1, :position + 1], scale,
    )
    row = row[:, 0]                                                                     # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# For all tokens at once the naive form is the cheaper one where `C` is wider than `D`, as in DeepSeek-V3 with 512 and 128. For one more token it is not: it makes `T` keys and values for one query.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode


def count_flops(attend, tokens):
    """FLOPs of the last tokens' attention to all."""
    with FlopCounterMode(display=False) as counter:
        last, last_turned = q[:, -tokens:], q_turned[:, -tokens:]
        attend(last, last_turned, latent, k_turned, W_key_up, W_value_up, visible[-tokens:], scale)
    return counter.get_total_flops()


up = 4 * H * C * D  # both matrices of all heads, used once: on a latent, or on a query and its result
moved = [new_q, new_q_turned, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "T·(C+R)·4", T * (C + R) * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(H·(2·D+R) + T·(C+R))·4", (H * (2 * D + R) + T * (C + R)) * 4),
    ("naive FLOPs", count_flops(naive_attention, T),
     "4·H·T·C·D + 2·H·T·T·(2·D+R)", T * up + 2 * H * T * T * (2 * D + R)),
    ("absorbed FLOPs", count_flops(absorbed_attention, T),
     "4·H·T·C·D + 2·H·T·T·(2·C+R)", T * up + 2 * H * T * T * (2 * C + R)),
    ("naive FLOPs of one token", count_flops(naive_attention, 1),
     "4·H·T·C·D + 2·H·T·(2·D+R)", T * up + 2 * H * T * (2 * D + R)),
    ("absorbed FLOPs of one token", count_flops(absorbed_attention, 1),
     "4·H·C·D + 2·H·T·(2·C+R)", up + 2 * H * T * (2 * C + R)),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# %% [markdown]
# # No positions
#
# Attention as it is, with nothing that says where a word stands: no embedding, no rotation, no penalty for distance.
# The causal mask alone still brings order in, since the first word sees one key, the second two, and so on: a second layer can tell apart what a first layer could not.
# Without angles there is none that a longer text could make new, which is why models leave positions out of some layers, most often the few that look at the whole text.
#
# `Z = softmax(Q Kᵀ / √D + mask) V`, and nothing else
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** query heads
# - **D** head width
# - **M** model width, here `H · D`
#
# **Keeps** full attention between all words, at any length.
#
# **Gives up** order within a layer: two layers, or neighbours with positions, have to work out what came first.
#
# **Cache** `2·H·D` numbers per token against `2·H·D`
#
# **Used by** Nemotron 3, Kimi Linear, SmolLM3, Llama 4, Tiny Aya, Trinity Large
#
# **Also called** NoPE, no positional encoding
#
# **Notes** All attention layers of Nemotron 3 are without positions, its Mamba layers bring the order ([transformers, `nemotron_h`](https://github.com/huggingface/transformers/tree/main/src/transformers/models/nemotron_h) has no rotation at all).
# SmolLM3 and Llama 4 leave the rotation out of every fourth layer; in Tiny Aya and Trinity Large these are the layers that see the whole text, between layers with windows.
# Kimi Linear keeps the channels that DeepSeek would turn and does not turn them.
#
# **Try** another order of the first words in the sentence: the last word's first-layer result stays, its second-layer result changes.
#
# Sources: [Haviv et al. 2022](https://arxiv.org/abs/2203.16634); [Kazemnejad et al. 2023](https://arxiv.org/abs/2305.19466), section 5 on what the mask alone can express.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
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

T, M, H = len(words), model_width, num_heads
D = M // H
W_query, W_key, W_value = weight("query", M, H * D), weight("key", M, H * D), weight("value", M, H * D)
W_out = weight("out", H * D, M)

# %% [markdown]
# ## Nothing but attention

# %%
def split_heads(t, heads):
    """[T, heads · D] -> [heads, T, D]"""
    return t.view(len(t), heads, -1).transpose(0, 1)


def attention(q, k, v, visible):
    """q [H, T, D], k and v [H, S, D], visible [T, S] -> what the heads found [T, H · D], and their weights [H, T, S]"""
    scores = (q @ k.transpose(-2, -1) / q.shape[-1]**0.5).masked_fill(~visible, -torch.inf)     # [H, T, S]
    weights = torch.softmax(scores, dim=-1)
    return (weights @ v).transpose(0, 1).reshape(q.shape[1], -1), weights


def layer(x, visible):  # [T, M], [T, T] -> [T, M]
    q, k, v = [split_heads(x @ W, H) for W in (W_query, W_key, W_value)]
    heads, _ = attention(q, k, v, visible)
    return heads @ W_out


# %% [markdown]
# ## Which keys a query sees
#
# Itself and everything before. This triangle is all the order there is.

# %%
def visible_keys(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## All tokens at once

# %%
q, k, v = [split_heads(x @ W, H) for W in (W_query, W_key, W_value)]    # [H, T, D] each
heads, weights = attention(q, k, v, visible)
out = heads @ W_out                                                     # [T, M]
print(out[-1])

fused = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]        # [H, T, D]
print("as PyTorch's fused function:", torch.allclose(fused.transpose(0, 1).reshape(T, H * D), heads, atol=1e-5))

# %% [markdown]
# ## What an order changes
#
# The words before the last one are turned round. Without a mask, every result just moves with its word.
# With the mask, the last word of one layer sees the same set of keys, and cannot tell. Each of those words, though, now has seen other words before it, and one layer further on the last word reads that.

# %%
everything = torch.ones(T, T).bool()
turned = list(range(T - 1))[::-1] + [T - 1]                             # the order of the words, but for the last one
moved = torch.allclose(layer(x[turned], everything), layer(x, everything)[turned], atol=1e-5)
print("without a mask results move with their words:", moved)

once, once_turned = layer(x, visible), layer(x[turned], visible)
print("one layer, the last word cannot tell:", torch.allclose(once[-1], once_turned[-1], atol=1e-5))

twice, twice_turned = layer(x + once, visible), layer(x[turned] + once_turned, visible)
print(f"two layers, the last word moves by {(twice[-1] - twice_turned[-1]).norm():.4f}")

# %% [markdown]
# ## Counting without positions
#
# Let all keys be alike, the first value one and the others zero. A word then finds one divided by its place: a position, made by the mask alone.

# %%
alike, first = torch.zeros(1, T, D), torch.zeros(1, T, 1)
first[:, 0] = 1
shares, _ = attention(alike, alike, first, visible)                     # [T, 1]
print("places", [round(1 / share) for share in shares[:, 0].tolist()])

# %% [markdown]
# ## Token by token

# %%
cache = {"keys": torch.empty(H, 0, D), "values": torch.empty(H, 0, D)}
written = []
for position in range(len(words)):
    token = x[position:position + 1]                                                            # [1, M]
    new_q, new_k, new_v = [split_heads(token @ W, H) for W in (W_query, W_key, W_value)]        # [H, 1, D] each
    cache["keys"] = torch.cat([cache["keys"], new_k], dim=1)                                    # [H, S, D]
    cache["values"] = torch.cat([cache["values"], new_v], dim=1)                                # [H, S, D]
    found, row = attention(new_q, cache["keys"], cache["values"], visible[position:position + 1, :position + 1])
    row = row[:, 0]                                                                             # [H, S]
    written.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(written), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    attention(q, k, v, visible)

moved = [new_q, *cache.values(), found]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "2·T·H·D·4", 2 * T * H * D * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "2·(T + 1)·H·D·4", 2 * (T + 1) * H * D * 4),
    ("attention FLOPs", counter.get_total_flops(), "4·H·T·T·D", 4 * H * T * T * D),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

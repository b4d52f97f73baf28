# %% [markdown]
# # DeepSeek sparse attention
#
# Most of what a token attends to gets next to no weight, so a small and cheap scorer, the *lightning indexer*, looks at all earlier tokens first and attention only at the `k` best.
# The indexer has few narrow heads, one key per token for all of them, and a ReLU in place of softmax: its product with every token is the only work left that grows with the square of the text.
# The attention behind it is multi-head latent attention in its absorbed form, where all heads read the same latents, so one list of tokens serves them all.
#
# `I_ts = Σ_i w_ti · relu(a_ti · b_s / √E)`, then attention of token `t` over the `k` tokens `s ≤ t` of largest `I_ts`
#
# - **T** tokens: the words of the sentence
# - **S** keys: the words kept so far and the new ones
# - **H** heads
# - **D** head width, of the part without positions and of the values
# - **R** rotary width
# - **C** width of the latent of keys and values
# - **P** width of the latent of queries
# - **I** heads of the indexer
# - **E** width of the indexer's heads
# - **M** model width, here `H · D`
#
# **Keeps** softmax and its exact weights among the tokens that were chosen, at any distance.
#
# **Gives up** every token that is not chosen: it gets no weight at all, whatever attention would have given it.
#
# **Cache** `C + R + E` numbers per token against `2·H·D`: nothing is dropped, only left unread
#
# **Used by** DeepSeek-V3.2, GLM-5
#
# **Also called** DSA, lightning indexer, top-k attention
#
# **Notes** The indexer rotates half against half and the attention behind it neighbours against each other; the first public code had neighbours in both, which its [README](https://github.com/deepseek-ai/DeepSeek-V3.2-Exp) calls a mistake. GLM-5's indexer has neighbours in both by design ([transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/models/glm_moe_dsa/modeling_glm_moe_dsa.py)).
# The released indexer also turns its queries and keys by a Hadamard matrix and rounds them to eight bits: the turn changes no product, the rounding may change a choice between near equals.
# Where fewer than `k` tokens are there, future ones fill the list, so the mask must be applied once more.
#
# **Try** `top_k` of 16: nothing is left out and the output is that of dense attention. At 1, which word does each choose?
#
# Sources: [DeepSeek-V3.2 2025](https://arxiv.org/abs/2512.02556), section 2.1; [DeepSeek-V2 2024](https://arxiv.org/abs/2405.04434), section 2.1, for the latents.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
latent_width = 8  #@param {type:"slider", min:1, max:64, step:1}
rotary_width = 2  #@param {type:"slider", min:2, max:16, step:2}
query_latent_width = 12  #@param {type:"slider", min:1, max:64, step:1}
index_heads = 4   #@param {type:"slider", min:1, max:8, step:1}
index_width = 6   #@param {type:"slider", min:2, max:16, step:2}
top_k = 4         #@param {type:"slider", min:1, max:16, step:1}

assert sentence.split(), "the sentence must have at least one word"
assert model_width % num_heads == 0, "model_width must be a multiple of num_heads, which share it"
assert rotary_width % 2 == 0 and rotary_width <= index_width, "rotary_width must be even and fit into index_width"
assert 1 <= top_k <= len(sentence.split()), "top_k must be at least one and at most the number of words"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

T, M, H, C, R, P = len(words), model_width, num_heads, latent_width, rotary_width, query_latent_width
D, I, E = M // H, index_heads, index_width
W_query_down, W_query_up = weight("query down", M, P), weight("query up", P, H * (D + R))
W_down = weight("key and value down", M, C + R)
W_key_up = weight("key up", C, H * D).view(C, H, D).transpose(0, 1)         # [H, C, D]
W_value_up = weight("value up", C, H * D).view(C, H, D).transpose(0, 1)     # [H, C, D]
W_out = weight("out", H * D, M)
W_index_query, W_index_key = weight("index query", P, I * E), weight("index key", M, E)
W_index_head = weight("index head", M, I)


# %% [markdown]
# ## The indexer
#
# Its query comes from the same latent as the attention's, its key from the token itself, and each token says by `w` how much each indexer head counts, for or against.

# %%
def rotate(t, positions, interleaved, base=10000):  # [..., T, R]
    R = t.shape[-1]
    angles = positions[:, None] * base ** (-torch.arange(0, R, 2) / R)                  # [T, R/2]
    a, b = (t[..., 0::2], t[..., 1::2]) if interleaved else t.chunk(2, dim=-1)
    turned = [a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()]
    return torch.stack(turned, dim=-1).flatten(-2) if interleaved else torch.cat(turned, dim=-1)


def rotate_first(t, positions, R):                  # the indexer turns its first channels, half against half
    return torch.cat([rotate(t[..., :R], positions, interleaved=False), t[..., R:]], dim=-1)


def index_scores(index_q, index_k, head_weights):   # [I, T, E], [S, E], [T, I]
    I, T, E = index_q.shape
    matches = torch.relu(index_q @ index_k.T / E**0.5)                                  # [I, T, S]
    return (head_weights.T[:, :, None] * matches).sum(dim=0) / I**0.5                   # [T, S]


def best(scores, top_k):                            # [..., S] -> [..., k]
    # ReLU makes many scores zero, and of equal scores torch.topk may return any: here the earlier token comes first.
    return torch.sort(scores, dim=-1, descending=True, stable=True).indices[..., :top_k]


def select(scores, visible, top_k):                 # [T, S] each
    chosen = best(scores.masked_fill(~visible, -torch.inf), top_k)                      # [T, k]
    return torch.zeros_like(visible).scatter(-1, chosen, True) & visible                # [T, S]


def indexer_inputs(x, query_latent, positions):     # [T, M], [T, P], [T]
    index_q = (query_latent @ W_index_query).view(-1, I, E).transpose(0, 1)             # [I, T, E]
    index_k = F.layer_norm(x @ W_index_key, [E], eps=1e-6)                              # [T, E]
    return rotate_first(index_q, positions, R), rotate_first(index_k, positions, R), x @ W_index_head


# %% [markdown]
# ## Latent attention among the chosen
#
# Queries are brought to the latents, and the tokens that were not chosen are masked like the future.

# %%
def absorbed_attention(q, q_turned, latent, k_turned, W_key_up, W_value_up, selected, scale):
    """q [H, T, D], q_turned [H, T, R], latent [S, C], k_turned [S, R], selected [T, S]
    -> what the heads found [T, H · D], and their weights [H, T, S]"""
    q_latent = q @ W_key_up.transpose(-2, -1)                                           # [H, T, C]
    scores = (q_latent @ latent.T + q_turned @ k_turned.T) * scale                      # [H, T, S]
    weights = torch.softmax(scores.masked_fill(~selected, -torch.inf), dim=-1)
    return (weights @ latent @ W_value_up).transpose(0, 1).flatten(1), weights


def rms_norm(t, epsilon=1e-6):
    return t * torch.rsqrt(t.pow(2).mean(dim=-1, keepdim=True) + epsilon)


def latents(x, positions):                          # [T, M], [T]
    query_latent = rms_norm(x @ W_query_down)                                           # [T, P]
    q, q_turned = (query_latent @ W_query_up).view(-1, H, D + R).transpose(0, 1).split([D, R], dim=-1)
    latent, k_turned = (x @ W_down).split([C, R], dim=-1)
    return query_latent, q, rotate(q_turned, positions, True), rms_norm(latent), rotate(k_turned, positions, True)


positions, scale = torch.arange(T), (D + R)**-0.5
query_latent, q, q_turned, latent, k_turned = latents(x, positions)
index_q, index_k, head_weights = indexer_inputs(x, query_latent, positions)
scores = index_scores(index_q, index_k, head_weights)                                   # [T, T]
causal = torch.ones(T, T).tril().bool()
selected = select(scores, causal, top_k)                                                # [T, T]
heads, weights = absorbed_attention(q, q_turned, latent, k_turned, W_key_up, W_value_up, selected, scale)
out = heads @ W_out                                                                     # [T, M]
print(out.shape, weights.shape)
for position in range(T):
    print(f"{words[position]:>8} reads", *[word for word, chosen in zip(words, selected[position]) if chosen])

# %% [markdown]
# An untrained indexer chooses at random. A trained one is taught to choose what attention would: how much of dense attention's weight falls on the chosen tokens is what its loss measures.

# %%
dense, dense_weights = absorbed_attention(q, q_turned, latent, k_turned, W_key_up, W_value_up, causal, scale)
covered = (dense_weights * selected).sum(dim=-1).mean(dim=0)                            # [T]
print(f"of dense attention's weight the chosen have {covered.mean():.2f}, at the last word {covered[-1]:.2f}")


# %% [markdown]
# ## Which keys a query sees
#
# It depends on the text. Here for random tokens: never more than `k` in a row, anywhere before.

# %%
def visible_keys(tokens):  # [T, T] bool
    anything = weight("anything", tokens, M) * tokens**0.5
    inputs = indexer_inputs(anything, rms_norm(anything @ W_query_down), torch.arange(tokens))
    return select(index_scores(*inputs), torch.ones(tokens, tokens).tril().bool(), top_k)


visible = visible_keys(len(words))
print("keys in each row:", visible.sum(dim=-1).tolist())

# %% [markdown]
# ## Token by token
#
# The index is computed for all that is kept, then the chosen latents are gathered and nothing else is read.

# %%
cache = {"latents": torch.empty(0, C), "turned keys": torch.empty(0, R), "index keys": torch.empty(0, E)}
decoded = []
for position in range(len(words)):
    token, place = x[position:position + 1], torch.tensor([position])
    new_query_latent, new_q, new_q_turned, new_latent, new_k_turned = latents(token, place)
    new_index_q, new_index_k, new_head_weights = indexer_inputs(token, new_query_latent, place)
    cache["latents"] = torch.cat([cache["latents"], new_latent])                        # [S, C]
    cache["turned keys"] = torch.cat([cache["turned keys"], new_k_turned])              # [S, R]
    cache["index keys"] = torch.cat([cache["index keys"], new_index_k])                 # [S, E]
    index_row = index_scores(new_index_q, cache["index keys"], new_head_weights)[0]     # [S]
    chosen = best(index_row, top_k)                                                     # [k]
    found, shares = absorbed_attention(new_q, new_q_turned, cache["latents"][chosen], cache["turned keys"][chosen],
                                       W_key_up, W_value_up, torch.ones(1, len(chosen)).bool(), scale)
    row = torch.zeros(H, position + 1)                                                  # [H, S]
    row[:, chosen] = shares[:, 0]
    decoded.append(found @ W_out)

print("decoding equals the full pass:", torch.allclose(torch.cat(decoded), out, atol=1e-5))

# %% [markdown]
# ## What it costs
#
# For the last token. The indexer still meets all `T`, in few and narrow heads; attention meets `k`.
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as index_counter:
    index_scores(index_q[:, -1:], index_k, head_weights[-1:])
with FlopCounterMode(display=False) as counter:
    absorbed_attention(q[:, -1:], q_turned[:, -1:], latent[chosen], k_turned[chosen],
                       W_key_up, W_value_up, torch.ones(1, len(chosen)).bool(), scale)

moved = [new_q, new_q_turned, cache["latents"][chosen], cache["turned keys"][chosen], found,
         new_index_q, new_head_weights, cache["index keys"]]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "T·(C + R + E)·4", T * (C + R + E) * 4),
    ("bytes moved", sum(t.nbytes for t in moved), "(H·(2·D + R) + k·(C + R) + I·E + I + T·E)·4",
     (H * (2 * D + R) + top_k * (C + R) + I * E + I + T * E) * 4),
    ("FLOPs of the index", index_counter.get_total_flops(), "2·T·I·E", 2 * T * I * E),
    ("FLOPs of attention", counter.get_total_flops(), "2·H·(k·(2·C + R) + 2·C·D)",
     2 * H * (top_k * (2 * C + R) + 2 * C * D)),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"
print("FLOPs of dense attention, 2·H·(T·(2·C + R) + 2·C·D) =", 2 * H * (T * (2 * C + R) + 2 * C * D))

# %% [markdown]
# # Per-layer embeddings
#
# Usually a word has one embedding, which enters below the first layer; here it has a second one, narrow, for every layer.
# The second embeddings lie in a large table of which a token needs one row, so the table can stay in slow memory and the model behaves like a larger one than the memory of the accelerator would hold.
# In each layer the stream decides by a gate how much of the word's vector for this layer it takes in.
#
# `h ← s · (h + RMS((gelu(h Wgate) ⊙ p_l) Wproject))` with `p = (RMS(e Wcontext / √M) + √P · table[id]) / √2`
#
# - **T** tokens: the words of the sentence
# - **M** model width
# - **L** layers
# - **P** width of a per-layer embedding
# - **V** vocabulary
#
# **Keeps** attention as it is: a step of its own after the feed-forward network, for each token alone.
#
# **Gives up** parameters, `V·L·P` of them, for quality: they cost storage but hardly any arithmetic.
#
# **Cache** `0` numbers per token beside attention's `2·H·D`: what a layer takes in is looked up by the token's id
#
# **Used by** Gemma 4 E2B, Gemma 4 E4B, Gemma 3n
#
# **Also called** PLE, per-layer inputs, effective parameters
#
# **Notes** The table's rows are multiplied by √P, as embeddings by √M; a port that forgot it is [issue 45206](https://github.com/huggingface/transformers/issues/45206) of transformers.
# Where images or sound take the place of words there is no id: [Google's code](https://github.com/google-deepmind/gemma) looks up id 0 there, and if no ids are given at all, [transformers](https://github.com/huggingface/transformers/tree/main/src/transformers/models/gemma4) takes the context's half alone, without the 1/√2.
# The scalar s is learned, one for each layer, and multiplies the whole stream.
#
# **Try** a layer scale of 0.5: how long is the stream after the last layer, and which layer's gates open most?
#
# Sources: [Gemma 4's code](https://github.com/google-deepmind/gemma), `gemma/gm/nn/gemma4`; [Gemma 3n's overview](https://ai.google.dev/gemma/docs/gemma-3n), PLE caching.

# %%
import torch
import torch.nn.functional as F

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16     #@param {type:"slider", min:8, max:64, step:8}
num_layers = 3       #@param {type:"slider", min:1, max:6, step:1}
per_layer_width = 4  #@param {type:"slider", min:1, max:16, step:1}
layer_scale = 1.0    #@param {type:"slider", min:0.25, max:1.0, step:0.25}

assert sentence.split(), "write at least one word"

words = sentence.split()
vocabulary = sorted(set(words))
ids = torch.tensor([vocabulary.index(word) for word in words])  # [T]


def weight(name, *shape):
    """A random matrix that depends on its name and shape alone: programs share the weights that they name alike."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    return torch.randn(*shape, generator=generator) / shape[0]**0.5


x = weight("embedding", len(vocabulary), model_width)[ids] * len(vocabulary)**0.5  # [T, M]

# %% [markdown]
# ## What every layer will take in
#
# Two halves: a row of the table, and the ordinary embedding seen through a matrix. Both are known before the first layer.

# %%
def per_layer_inputs(embedded, ids, table, W_context, context_norm):    # [T, M], [T], [V, L·P], [M, L·P], [P]
    """What each layer takes in for each token, [T, L, P]."""
    P = context_norm.shape[0]
    context = (embedded @ W_context / embedded.shape[1]**0.5).view(len(ids), -1, P)     # [T, L, P]
    context = F.rms_norm(context, (P,), context_norm, eps=1e-6)
    identity = (table[ids] * P**0.5).view(len(ids), -1, P)                              # [T, L, P]
    return (context + identity) / 2**0.5


M, L, P, V = model_width, num_layers, per_layer_width, len(vocabulary)
table = weight("per-layer table", V, L * P)
W_context = weight("context", M, L * P)
inputs = per_layer_inputs(x, ids, table, W_context, torch.ones(P))      # [T, L, P]
print("for", words[0], "by layer:")
print(inputs[0])

same = [position for position, word in enumerate(words) if word == words[0]]
print("a word brings the same wherever it stands:", torch.allclose(inputs[same], inputs[:1]))

# %% [markdown]
# ## What the stream takes of it
#
# Attention and the feed-forward network are left out but for one layer of plain attention, so that the stream knows more than its own word.
# The gate is made from the stream: the same word in another place opens it differently.

# %%
def take_in(stream, inputs, W_gate, W_project, norm, scale):            # [T, M], [T, P], [M, P], [P, M], [M], number
    """The stream after a layer has taken in its embeddings, [T, M], and its gates [T, P]."""
    gates = F.gelu(stream @ W_gate, approximate="tanh")                 # [T, P]
    added = (gates * inputs) @ W_project                                # [T, M]
    return scale * (stream + F.rms_norm(added, norm.shape, norm, eps=1e-6)), gates


q, k, v = [(x @ weight(name, M, M))[None] for name in ("query", "key", "value")]        # [1, T, M]
entering = x + F.scaled_dot_product_attention(q, k, v, is_causal=True)[0]               # [T, M]

layers = [dict(W_gate=weight(f"gate {number}", M, P), W_project=weight(f"project {number}", P, M),
               norm=torch.ones(M), scale=layer_scale) for number in range(L)]
stream = entering
for number, layer in enumerate(layers):
    stream, gates = take_in(stream, inputs[:, number], **layer)
    opening = [f"{gates[position].norm():.2f} at {position}" for position in same]
    print(f"layer {number}: {words[0]} opens its gates by", ", ".join(opening))
print("length of the stream:", stream.norm(dim=-1))

# %% [markdown]
# ## Which keys a query sees
#
# None but its own token: here words are looked up, not compared.

# %%
def visible_keys(tokens):                                               # [T, T] bool
    return torch.eye(tokens).bool()


visible = visible_keys(len(words))

# %% [markdown]
# ## Token by token
#
# Nothing has to be kept. A token's id is enough to fetch its row of the table, once for all layers.

# %%
cache = {}
steps = []
for position in range(len(words)):
    here = slice(position, position + 1)
    brought = per_layer_inputs(x[here], ids[here], table, W_context, torch.ones(P))     # [1, L, P]
    token = entering[here]                                                              # [1, M]
    for number, layer in enumerate(layers):
        token, gates = take_in(token, brought[:, number], **layer)
    steps.append(token)
# Nearly shut gates leave little, and the norm makes it as long as anything else, with its rounding: hence not 1e-5.
print("decoding equals the full pass:", torch.allclose(torch.cat(steps), stream, atol=1e-3))

# %% [markdown]
# ## What it costs
#
# Bytes moved: what decoding the last token reads and writes at the least, weights aside.
# Every layer reads and writes its token's row; the word's number has eight bytes.

# %%
from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    per_layer_inputs(x, ids, table, W_context, torch.ones(P))
    for number, layer in enumerate(layers):
        take_in(entering, inputs[:, number], **layer)

T = len(words)
moved = [x[here], ids[here], table[ids[here]]] + 2 * L * [token]
costs = [
    ("cache bytes", sum(kept.nbytes for kept in cache.values()), "0", 0),
    ("bytes moved", sum(t.nbytes for t in moved), "(2·L·M + M + L·P)·4 + 8", (2 * L * M + M + L * P) * 4 + 8),
    ("numbers of the table", table.numel(), "V·L·P", V * L * P),
    ("numbers of it that a token reads", table[ids[0]].numel(), "L·P", L * P),
    ("FLOPs", counter.get_total_flops(), "2·T·M·L·P + L·4·T·M·P", 2 * T * M * L * P + L * 4 * T * M * P),
]
for what, counted, formula, value in costs:
    print(f"{what}: {counted} counted, {formula} = {value}")
    assert counted == value, f"{what} differ from the formula"

# Gemma 4 E2B: 262144 words, 35 layers, 256 numbers each.
print(f"Gemma 4 E2B: {262144 * 35 * 256} of its 5.1 billion parameters, of which a token reads {35 * 256}")

# %% [markdown]
# # Sparse attention that chooses everything is dense attention
#
# DeepSeek sparse attention reads the `k` tokens that its indexer likes best.
# With `k` as large as the text there is nothing to choose, whatever the indexer says, and what is left is multi-head latent attention.
#
# **Identity** deepseek-sparse-attention = multi-head-latent-attention
#
# Sources: [DeepSeek-V3.2 2025](https://arxiv.org/abs/2512.02556), section 2.1.

# %%
import torch

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
latent_width = 8  #@param {type:"slider", min:1, max:64, step:1}

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

T, M, H, C = len(words), model_width, num_heads, latent_width
D = M // H
q = (x @ weight("query", M, H * D)).view(T, H, D).transpose(0, 1)                           # [H, T, D]
latent = x @ weight("key and value down", M, C)                                             # [T, C]
W_key_up = weight("key up", C, H * D).view(C, H, D).transpose(0, 1)                         # [H, C, D]
W_value_up = weight("value up", C, H * D).view(C, H, D).transpose(0, 1)                     # [H, C, D]

# An indexer of two heads of width four. Positions are left out on both sides: what is chosen does not depend on them here.
index_q = (x @ weight("index query", M, 8)).view(T, 2, 4).transpose(0, 1)                   # [2, T, 4]
index_k, head_weights = x @ weight("index key", M, 4), x @ weight("index head", M, 2)       # [T, 4], [T, 2]


# %%
def dense(q, latent):       # keys and values of every token, softmax over all up to the token itself
    k, v = latent @ W_key_up, latent @ W_value_up                                           # [H, T, D] each
    future = torch.ones(T, T).triu(1).bool()
    scores = (q @ k.transpose(1, 2) / D**0.5).masked_fill(future, -torch.inf)
    return torch.softmax(scores, dim=-1) @ v                                                # [H, T, D]


def sparse(q, latent, top_k):   # token by token: score, choose, gather, attend to the latents themselves
    rows = []
    for t in range(T):
        matches = torch.relu(index_q[:, t] @ index_k[:t + 1].T)                             # [2, S]
        index_scores = (head_weights[t][:, None] * matches).sum(dim=0)                      # [S]
        chosen = latent[index_scores.topk(min(top_k, t + 1)).indices]                       # [k, C]
        q_latent = q[:, t:t + 1] @ W_key_up.transpose(1, 2)                                 # [H, 1, C]
        weights = torch.softmax(q_latent @ chosen.T / D**0.5, dim=-1)                       # [H, 1, k]
        rows.append(weights @ chosen @ W_value_up)                                          # [H, 1, D]
    return torch.cat(rows, dim=1)


one, other = dense(q, latent), sparse(q, latent, T)
print("the last word in head 0:", *[f"{value:.4f}" for value in one[0, -1].tolist()])
print("with one token less it is no longer so:", not torch.allclose(sparse(q, latent, T - 1), one, atol=1e-4))

# The chosen come in another order and by way of the latents: the same sums, rounded elsewhere, some 1e-7 for numbers of size one.
largest_difference = (one - other).abs().max().item()
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "the two mechanisms differ"

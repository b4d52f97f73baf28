# %% [markdown]
# # Absorbed latent attention is naive latent attention
#
# Moving the matrix that makes keys from the latents over to the queries, and the matrix that makes values to what was mixed, changes the order of the products and nothing else.
# So a model can be trained as multi-head attention and used as multi-query attention on latents.
#
# **Identity** multi-head-latent-attention = multi-head-latent-attention
#
# Sources: [DeepSeek-V2 2024](https://arxiv.org/abs/2405.04434), section 2.1.2; [DeepSeek-V3 2024](https://github.com/deepseek-ai/DeepSeek-V3/blob/main/inference/model.py), where both forms are in the code.

# %%
import torch

sentence = "the cat drank the cold milk because it was thirsty and the old dog slept outside"  #@param {type:"string"}
model_width = 16  #@param {type:"slider", min:8, max:64, step:8}
num_heads = 4     #@param {type:"slider", min:1, max:8, step:1}
latent_width = 8  #@param {type:"slider", min:1, max:64, step:1}
rotary_width = 2  #@param {type:"slider", min:2, max:16, step:2}
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

T, M, H, C, R = len(words), model_width, num_heads, latent_width, rotary_width
D = M // H
q = (x @ weight("query", M, H * D)).view(T, H, D).transpose(0, 1)                       # [H, T, D]
q_turned = (x @ weight("turned query", M, H * R)).view(T, H, R).transpose(0, 1)         # [H, T, R]
latent, k_turned = (x @ weight("key and value down", M, C + R)).split([C, R], dim=-1)   # [T, C], [T, R]
W_key_up = weight("key up", C, H * D).view(C, H, D).transpose(0, 1)                     # [H, C, D]
W_value_up = weight("value up", C, H * D).view(C, H, D).transpose(0, 1)                 # [H, C, D]
visible = torch.ones(T, T).tril().bool()

# %% [markdown]
# The turned parts take no part in the change of order: here they stand as they would be after their rotation.

# %%
def weights_from(scores):
    return torch.softmax((scores / (D + R)**0.5).masked_fill(~visible, -torch.inf), dim=-1)


def naive(latent):  # [T, C] -> [H, T, D]
    keys, values = latent @ W_key_up, latent @ W_value_up                                           # [H, T, D] each
    return weights_from(q @ keys.transpose(-2, -1) + q_turned @ k_turned.T) @ values


def absorbed(latent):  # [T, C] -> [H, T, D]
    q_latent = q @ W_key_up.transpose(-2, -1)                                                       # [H, T, C]
    return weights_from(q_latent @ latent.T + q_turned @ k_turned.T) @ latent @ W_value_up


one, other = naive(latent), absorbed(latent)
print(one[:, -1])

# (A B) C and A (B C) are summed in different orders, which moves float32 numbers of size one by some 1e-7 each time;
# three products follow one another.
largest_difference = (one - other).abs().max().item()
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "the two forms differ"

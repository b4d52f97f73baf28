# %% [markdown]
# # A window as long as the text is causal attention
#
# A window hides what lies further back than it is long, and in a text that is no longer than the window nothing does.
# The masks are then the same, and with them everything that follows.
#
# **Identity** sliding-window-attention = causal-attention
#
# Sources: [Beltagy et al. 2020](https://arxiv.org/abs/2004.05150), section 3.1.

# %%
import torch

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
q, k, v = [(x @ weight(name, M, H * D)).view(T, H, D).transpose(0, 1) for name in ["query", "key", "value"]]


# %%
def window_mask(tokens, window):  # [T, T] bool
    distances = torch.arange(tokens)[:, None] - torch.arange(tokens)
    return (distances >= 0) & (distances < window)


def causal_mask(tokens):  # [T, T] bool
    return torch.ones(tokens, tokens).tril().bool()


def attention(visible):  # [T, T] -> [H, T, D]
    scores = (q @ k.transpose(-2, -1) / D**0.5).masked_fill(~visible, -torch.inf)
    return torch.softmax(scores, dim=-1) @ v


for window in range(1, T + 1):
    print(f"a window of {window:2} hides {int((causal_mask(T) & ~window_mask(T, window)).sum()):3} pairs")

one, other = attention(window_mask(T, T)), attention(causal_mask(T))
print(one[:, -1])

# Equal masks give the same computation, so even the rounding agrees. The bound is that of the other identities.
largest_difference = (one - other).abs().max().item()
same = largest_difference < 1e-5
print("largest difference below 1e-5:", same)
assert same, "the two mechanisms differ"

# %% [markdown]
# # A model writes
#
# The checkpoint that is open reads the prompt in one pass and then writes token by token: each new token goes through every layer once, and looks at earlier tokens only through what the layers' caches keep of them.
# The architecture is a program too, and runs as it is shown: step into a layer to see its tensors at that token.
#
# - **B** batch, one text here
# - **T** tokens that are new: the prompt, then one at a time
# - **V** vocabulary
#
# Sources: the order of the rules is that of [transformers](https://github.com/huggingface/transformers/blob/main/src/transformers/generation/logits_process.py); [Keskar et al. 2019](https://arxiv.org/abs/1909.05858), section 4.1, for the penalty on repetition; [Fan et al. 2018](https://arxiv.org/abs/1805.04833) for top-k; [Holtzman et al. 2020](https://arxiv.org/abs/1904.09751), section 3.1, for top-p; [Nguyen et al. 2024](https://arxiv.org/abs/2407.01082), section 3, for min-p.

# %%
import time

import torch

from checkpoint import open_checkpoint
from scaling import scale_parts
from text import end_tokens, open_tokenizer

# %%
prompt = "To be, or not to be"     #@param {type:"string"}
max_new_tokens = 24                #@param {type:"slider", min:1, max:200, step:1}
temperature = 0.8                  #@param {type:"slider", min:0, max:2, step:0.05}
top_k = 0                          #@param {type:"slider", min:0, max:100, step:1}
top_p = 1.0                        #@param {type:"slider", min:0.05, max:1, step:0.05}
min_p = 0.0                        #@param {type:"slider", min:0, max:0.5, step:0.01}
repetition_penalty = 1.0           #@param {type:"slider", min:1, max:2, step:0.05}
seed = 0                           #@param {type:"integer"}
stop = ""                          #@param {type:"string"}
scaled = ""                        #@param {type:"string"}
lens = True                        #@param {type:"boolean"}

# %% [markdown]
# ## From logits to a choice
#
# A temperature of 0 takes the likeliest token. Above it the likeliest tokens are kept that the rules leave, and one is drawn: the same seed draws the same text.

# %%
def penalize(logits, ids, penalty):
    """logits [V], ids [T] -> [V]: what has been written becomes less likely, by division above zero and product below."""
    written = logits[ids]
    return logits.scatter(0, ids, torch.where(written > 0, written / penalty, written * penalty))


def keep_likely(logits, top_k, top_p, min_p):
    """logits [V] -> [V] with -inf where a rule refuses a token; the likeliest always stays."""
    if top_k > 0:
        least = logits.topk(min(top_k, len(logits))).values[-1]
        logits = logits.masked_fill(logits < least, -torch.inf)
    if top_p < 1:
        ordered, order = logits.sort()                                     # [V], the least likely first
        refused = ordered.softmax(-1).cumsum(-1) <= 1 - top_p
        refused[-1] = False
        logits = logits.masked_fill(refused.scatter(0, order, refused), -torch.inf)
    if min_p > 0:
        probabilities = logits.softmax(-1)
        logits = logits.masked_fill(probabilities < min_p * probabilities.max(), -torch.inf)
    return logits


def probabilities_of(logits, ids):
    """The last token's logits [V] and all ids so far [T] -> how likely each token is to be the next one [V]."""
    if repetition_penalty != 1:
        logits = penalize(logits, ids, repetition_penalty)
    if temperature == 0:
        return logits.softmax(-1)
    return keep_likely(logits / temperature, top_k, top_p, min_p).softmax(-1)


def draw(probabilities):
    """probabilities [V] -> the next token [1]."""
    return probabilities.argmax(-1, keepdim=True) if temperature == 0 else torch.multinomial(probabilities, 1)


# %% [markdown]
# ## Token by token
#
# `scaled` switches parts of the model off: `3.1=0` head 1 of layer 3, `3.attention=0` or `3.feed_forward=0` a part of it, `3=0` all of it; by `0.5` they are halved.
#
# What a layer leaves in the residual stream can be read as the last layer's is: by the final norm and the head. This *logit lens* shows which token the model would write if it ended there.

# %%
program, config, whole = open_checkpoint(".")
weights = scale_parts(whole, program.complete(config), scaled)
tokenizer = open_tokenizer(".")
ends = end_tokens(".", config)
ids = torch.tensor([tokenizer.encode(prompt).ids])                         # [B, T]
assert ids.shape[1] > 0, "the prompt is empty: a model goes on from something"
tokens = [tokenizer.id_to_token(i) for i in ids[0].tolist()]
text = written = tokenizer.decode(ids[0].tolist())
print(written, end="", flush=True)

torch.manual_seed(seed)
cache = program.new_cache(config)
new, times = ids, [time.perf_counter()]
with torch.no_grad():
    while len(times) <= max_new_tokens:
        logits, hidden_states = program.forward(weights, config, new, cache)   # [B, T, V]
        probabilities = probabilities_of(logits[0, -1], ids[0])            # [V]
        new = draw(probabilities)[None]                                    # [B, 1]
        ids = torch.cat([ids, new], dim=1)
        times.append(time.perf_counter())

        token, chance = tokenizer.id_to_token(new.item()), probabilities[new[0]].item()
        chances, likeliest = probabilities.topk(min(5, len(probabilities)))
        candidates = [tokenizer.id_to_token(i) for i in likeliest.tolist()]
        if lens:
            early = [program.unembed(weights, config, x[:, -1:])[0] for x in hidden_states[:-1]]
            early_chances, early_ids = torch.cat(early, dim=1)[0].softmax(-1).max(-1)   # [L]
            early_tokens = [tokenizer.id_to_token(i) for i in early_ids.tolist()]

        longer = tokenizer.decode(ids[0].tolist())
        # A character may take several tokens; until the last of them has come there is a sign in its place.
        if not longer.endswith("\ufffd"):
            print(longer[len(written):], end="", flush=True)
            written = longer
        if new.item() in ends or (stop and stop in written[len(text):]):
            break

# %%
count = len(times) - 1
print()
print()
print(f"{count} tokens; the first after {times[1] - times[0]:.2f} s", end="")
print(f", then {(count - 1) / (times[-1] - times[1]):.1f} tokens a second" if count > 1 else "")

# %% [markdown]
# ## What it would have predicted whole
#
# Where parts are scaled, the model as it was reads the same text, in one pass: what did it expect at each token, and which one would the same seed have drawn?

# %%
if scaled:
    read_whole = ids[:, :-1]                                               # [B, T]
    with torch.no_grad():
        logits, _ = program.forward(whole, config, read_whole)             # [B, T, V]
    torch.manual_seed(seed)
    for at in range(len(tokens), ids.shape[1]):
        probabilities_whole = probabilities_of(logits[0, at - 1], ids[0, :at])   # [V]
        new_whole = draw(probabilities_whole)                              # [1]
        token_whole = tokenizer.id_to_token(new_whole.item())
        chances_whole, likeliest_whole = probabilities_whole.topk(min(5, len(probabilities_whole)))
        candidates_whole = [tokenizer.id_to_token(i) for i in likeliest_whole.tolist()]

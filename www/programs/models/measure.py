# %% [markdown]
# # Measuring a trained model
#
# What a small trained model is good for, and what it costs: its loss on text that it has not seen, how much it recalls, what its cache holds, how many tokens it writes in a second.
# A card beside the weights says what was measured when the model was made; this measures it again, with the program of the architecture:
#
#     python measure.py ../../models/deepseek_v4-shakespeare cache speed loss:8
#
# prints lines of JSON as they are measured. What recall is measured on is drawn by `questions.py`. `shapes` is `cache` without weights: the same program on the device `meta`, where a tensor is a shape without numbers.
#
# - **B** batch
# - **T** tokens
# - **V** vocabulary

# %%
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from checkpoint import Refused, architecture, open_checkpoint, read_config
from questions import recall_of

LENGTHS = (64, 128, 256)   # tokens after which a cache is looked at
PROMPT, WRITTEN = 32, 64   # tokens that are read, then written, when time is taken
LONG_ENOUGH = 2.0          # seconds after which a speed is known

# %% [markdown]
# ## What the cache holds
#
# The text is read in three parts, and after each of them the bytes are counted of every tensor that every layer keeps.

# %%
def kept(program, weights, config, device="cpu"):
    """Of each layer and name what is kept after each of LENGTHS: the shape and the bytes of the tensor."""
    cache, found, read = program.new_cache(config), {}, 0
    for length in LENGTHS:
        ids = torch.arange(read, length, device=device)[None] % 64         # [B, T]
        program.forward(weights, config, ids, cache)
        read = length
        for layer, tensors in enumerate(cache["layers"]):
            for name, tensor in tensors.items():
                part = found.setdefault((layer, name), {"layer": layer, "name": name, "shapes": [], "bytes": []})
                part["shapes"].append(list(tensor.shape))
                part["bytes"].append(tensor.numel() * tensor.element_size())
    return {"lengths": LENGTHS, "layers": len(cache["layers"]), "tensors": list(found.values())}


def weights_without_numbers(program, config):
    # A table of experts by token holds their numbers.
    return {name: torch.empty(shape, dtype=torch.int64 if name.endswith("tid2eid") else torch.bfloat16, device="meta")
            for name, shape in program.weight_shapes(config).items()}


# %% [markdown]
# ## Tokens in a second
#
# Each token goes through every layer once, as in writing; which token is likeliest is read back before the next begins.

# %%
def speed(program, weights, config):
    cache = program.new_cache(config)
    logits, _ = program.forward(weights, config, torch.arange(PROMPT)[None] % 64, cache)         # [B, T, V]
    began, count = time.perf_counter(), 0
    while count < WRITTEN and time.perf_counter() - began < LONG_ENOUGH:
        token = logits[0, -1].argmax().item()
        logits, _ = program.forward(weights, config, torch.tensor([[token]]), cache)
        count += 1
    return {"tokens": count, "seconds": time.perf_counter() - began}


# %% [markdown]
# ## Loss
#
# Nats per token, in windows of a text that was held out; every window begins without context.

# %%
def losses(program, weights, config, held_out, windows):
    """The loss of each of the first windows, one after the other."""
    tokens, width = torch.tensor(held_out["tokens"]), held_out["window"]
    for n in range(windows):
        window = tokens[n * width:(n + 1) * width + 1]
        logits, _ = program.forward(weights, config, window[None, :-1])    # [B, T, V]
        yield F.cross_entropy(logits[0], window[1:]).item()


# %% [markdown]
# ## From the command line

# %%
def report(**line):
    print(json.dumps(line), flush=True)


@torch.no_grad()
def measure(folder, parts):
    config = read_config(folder)
    program = architecture(config)
    if "shapes" in parts:
        report(shapes=kept(program, weights_without_numbers(program, config), config, "meta"))
    if parts == ["shapes"]:
        return
    program, config, weights = open_checkpoint(folder)
    for part in parts:
        if part == "cache":
            report(cache=kept(program, weights, config))
        if part == "speed":
            report(speed=speed(program, weights, config))
        if part.startswith("loss:"):
            windows, total = int(part.split(":")[1]), 0.0
            held_out = json.loads((folder.parent / "held-out.json").read_text())
            for n, loss in enumerate(losses(program, weights, config, held_out, windows)):
                total += loss
                report(loss=total / (n + 1), windows=n + 1, of=windows)
        if part == "recall":
            def read(inputs):
                return program.forward(weights, config, inputs)[0]

            for found in recall_of(read, report=lambda answered, of: report(answered=answered, of=of)):
                report(**found)


def main():
    folder, *parts = sys.argv[1:]
    try:
        measure(Path(folder), parts)
    except (Refused, AssertionError, OSError) as error:
        sys.exit(f"{folder}: {error}")


if __name__ == "__main__":
    main()

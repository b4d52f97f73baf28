# %% [markdown]
# # Measuring a trained model
#
# What a small trained model is good for, and what it costs: its loss on text that it has not seen, how much it recalls, what its cache holds, how many tokens it writes in a second.
# A card beside the weights says what was measured when the model was made; this measures it again, with the program of the architecture:
#
#     python measure.py ../../models/deepseek_v4-shakespeare cache speed loss:8
#
# prints lines of JSON as they are measured. `shapes` is `cache` without weights: the same program on the device `meta`, where a tensor is a shape without numbers.
#
# - **B** batch
# - **T** tokens
# - **V** vocabulary
#
# Sources: [Arora et al. 2023](https://arxiv.org/abs/2312.04927) for associative recall; [Olsson et al. 2022](https://arxiv.org/abs/2209.11895) for induction.

# %%
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from checkpoint import Refused, architecture, open_checkpoint, read_config

LENGTHS = (64, 128, 256)   # tokens after which a cache is looked at
PROMPT, WRITTEN = 32, 64   # tokens that are read, then written, when time is taken
LONG_ENOUGH = 2.0          # seconds after which a speed is known
AT_ONCE = 2048             # tokens of questions that are answered in one pass
DISTANCES = (16, 32, 64, 128, 256)

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
# ## Recall
#
# A question is a token whose successor the text has told before. How far back it was told is the distance to the same token's last place.

# %%
def answers(program, weights, config, inputs, targets):
    """Of each question whether it was answered right, and how far back the answer was told; in parts, of some texts each."""
    places = torch.arange(inputs.shape[1])
    rows = max(1, AT_ONCE // len(places))
    for texts, wanted in zip(inputs.split(rows), targets.split(rows)):
        logits, _ = program.forward(weights, config, texts)                # [B, T, V]
        asked = wanted >= 0                                                # [B, T]
        same = (texts[:, :, None] == texts[:, None, :]) & (places < places[:, None])             # [B, T, T]
        distance = places - (same * places).amax(-1)
        yield (logits.argmax(-1) == wanted)[asked].tolist(), distance[asked].tolist()


def share(right):
    return round(sum(right) / len(right), 4)


def by_distance(right, distances):
    """[[up to, share of right answers]], of each distance from the one before it up to this."""
    found, before = [], 0
    for upto in DISTANCES:
        near = [answer for answer, distance in zip(right, distances) if before < distance <= upto]
        found += [[upto, share(near)]] if near else []
        before = upto
    return found


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
            measure_recall(program, weights, config, json.loads((folder.parent / "questions.json").read_text()))


def measure_recall(program, weights, config, tasks):
    asked = [(torch.tensor(task["inputs"]), torch.tensor(task["targets"])) for task in tasks]
    done, total = 0, sum((targets >= 0).sum().item() for _, targets in asked)
    for task, (inputs, targets) in zip(tasks, asked):
        right, distances = [], []
        for some, back in answers(program, weights, config, inputs, targets):
            right, distances = right + some, distances + back
            report(answered=done + len(right), of=total)
        done += len(right)
        report(task=task["task"], length=task["length"], questions=len(right), recall=share(right),
               by_distance=by_distance(right, distances))


def main():
    folder, *parts = sys.argv[1:]
    try:
        measure(Path(folder), parts)
    except (Refused, AssertionError, OSError) as error:
        sys.exit(f"{folder}: {error}")


if __name__ == "__main__":
    main()

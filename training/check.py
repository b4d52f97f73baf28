"""Checks the saved models: transformers gives each card's loss, and the program of the architecture, under PyTorch,
gives transformers' logits:

    python training/check.py                   # or some, by the names of their folders in www/models
"""

import importlib
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

from train import load

HERE = Path(__file__).parent
MODELS = HERE.parent / "www" / "models"
sys.path.insert(0, str(HERE.parent / "www" / "programs" / "models"))

# Float32 both times, so that only the order of sums differs.
LOGITS = 1e-3
# The card's losses are rounded to five digits after the point.
LOSS = 1e-4
# Where an indexer finds entries equally good, either choice is right; this share of the loss may come of it, no more.
CHOICES = 0.005


@torch.no_grad()
def check(folder):
    card, held_out = (json.loads(path.read_text()) for path in (folder / "card.json", MODELS / "held-out.json"))
    config, weights = json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors")
    program, model = importlib.import_module(config["model_type"]), load(folder)
    ids, wide = torch.tensor(held_out["tokens"]), held_out["window"]
    said = Tokenizer.from_file(str(folder / "tokenizer.json")).decode(ids[:wide].tolist())

    shapes = {name: list(shape) for name, shape in program.weight_shapes(config).items()}
    held = {name: list(weight.shape) for name, weight in weights.items()}
    failures = [f"{name} is of shape {held.get(name)}, the program has {shapes.get(name)}"
                for name in sorted(shapes.keys() | held.keys()) if shapes.get(name) != held.get(name)]
    if failures:
        print(folder.name, *failures, sep="\n  WRONG: ")
        return failures
    # Indexers choose between entries of equal score (of a score of zero, above all), and which of them is kept is
    # not defined: logits are compared with nothing left out, and what is chosen by the loss.
    everything = {**config, "index_topk": held_out["window"]} if "index_topk" in config else config
    whole = load(folder)
    for module in whole.modules():
        if hasattr(module, "index_topk"):
            module.index_topk = held_out["window"]

    difference, ours, losses = 0.0, 0.0, []
    for n in range(held_out["windows"]):
        window = ids[n * wide:(n + 1) * wide + 1]
        theirs = model(input_ids=window[None, :-1], use_cache=False).logits
        losses.append(F.cross_entropy(theirs[0], window[1:]).item())
        if n < 4:
            chosen, _ = program.forward(weights, config, window[None, :-1])
            ours += F.cross_entropy(chosen[0], window[1:]).item() / 4
            logits, _ = program.forward(weights, everything, window[None, :-1])
            expected = whole(input_ids=window[None, :-1], use_cache=False).logits
            difference = max(difference, (logits - expected).abs().max().item())
    for part in card["held_out"]:
        loss = sum(losses[:part["windows"]]) / part["windows"]
        if abs(loss - part["loss"]) > LOSS:
            failures.append(f"the loss of {part['windows']} windows is {loss:.5f}, the card says {part['loss']}")
    if abs(ours - sum(losses[:4]) / 4) > (CHOICES if "index_topk" in config else LOSS) * ours:
        failures.append(f"the program's loss of 4 windows is {ours:.5f}, transformers' {sum(losses[:4]) / 4:.5f}")
    if difference > LOGITS:
        failures.append(f"logits differ by {difference:.1e}")
    if card["bytes"] != (folder / "model.safetensors").stat().st_size:
        failures.append("the card has another number of bytes")
    print(f"{folder.name:28} loss {sum(losses) / len(losses):.5f}, logits within {difference:.1e} of transformers',"
          f" text {said[:24]!r}{''.join(chr(10) + '  WRONG: ' + failure for failure in failures)}", flush=True)
    return failures


def main():
    names = sys.argv[1:] or sorted(path.parent.name for path in MODELS.glob("*-shakespeare/card.json"))
    torch.set_num_threads(1)
    return 1 if any([check(MODELS / name) for name in names]) else 0


sys.exit(main())

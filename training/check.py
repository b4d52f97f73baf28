"""Checks the saved models: transformers gives each card's loss or recall, and the program of the architecture, under
PyTorch, gives transformers' logits:

    python training/check.py                   # or some, by the names of their folders in www/models
"""

import importlib
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from train import load

HERE = Path(__file__).parent
MODELS = HERE.parent / "www" / "models"
sys.path.insert(0, str(HERE.parent / "www" / "programs" / "models"))
from questions import questions, recall_of

# Float32 both times, so that only the order of sums differs.
LOGITS = 1e-3
# The card's losses are rounded to five digits after the point.
LOSS = 1e-4
# Where an indexer finds entries equally good, either choice is right; this share of the loss may come of it, no more.
# Of answers too, or one answer: two tokens may be almost equally likely.
CHOICES = 0.005


@torch.no_grad()
def check(folder):
    card, config = (json.loads((folder / name).read_text()) for name in ("card.json", "config.json"))
    weights, program = load_file(folder / "model.safetensors"), importlib.import_module(config["model_type"])
    failures = shapes_that_differ(program.weight_shapes(config), weights)
    if failures:
        print(folder.name, *failures, sep="\n  WRONG: ")
        return failures
    model = load(folder)
    measure = check_losses if card["task"] == "language" else check_recall
    found, inputs = measure(
        card, lambda inputs: model(input_ids=inputs, use_cache=False).logits,
        lambda inputs: program.forward(weights, config, inputs)[0], "index_topk" in config, failures)

    # Indexers choose between entries of equal score (of a score of zero, above all), and which of them is kept is
    # not defined: logits are compared with nothing left out, and what is chosen by what was measured.
    everything = {**config, "index_topk": inputs.shape[1]} if "index_topk" in config else config
    for module in model.modules():
        if hasattr(module, "index_topk"):
            module.index_topk = inputs.shape[1]
    logits, _ = program.forward(weights, everything, inputs)
    difference = (logits - model(input_ids=inputs, use_cache=False).logits).abs().max().item()
    if not difference <= LOGITS:
        failures.append(f"logits differ by {difference:.1e}")
    if card["bytes"] != (folder / "model.safetensors").stat().st_size:
        failures.append("the card has another number of bytes")
    print(f"{folder.name:28} {found}, logits within {difference:.1e} of transformers'"
          f"{''.join(chr(10) + '  WRONG: ' + failure for failure in failures)}", flush=True)
    return failures


def shapes_that_differ(expected, weights):
    shapes = {name: list(shape) for name, shape in expected.items()}
    held = {name: list(weight.shape) for name, weight in weights.items()}
    return [f"{name} is of shape {held.get(name)}, the program has {shapes.get(name)}"
            for name in sorted(shapes.keys() | held.keys()) if shapes.get(name) != held.get(name)]


def check_losses(card, theirs, ours, chooses, failures):
    """What was measured, in words, and the inputs [B, T] of which logits are compared."""
    held_out = json.loads((MODELS / "held-out.json").read_text())
    wide, count = held_out["window"], held_out["windows"]
    ids = torch.tensor(held_out["tokens"])
    inputs, targets = ids[:-1].view(count, wide), ids[1:].view(count, wide)

    def losses(read, count):
        return [F.cross_entropy(read(inputs[n:n + 1])[0], targets[n]).item() for n in range(count)]

    of_theirs, of_ours = losses(theirs, count), losses(ours, 4)
    for part in card["held_out"]:
        loss = sum(of_theirs[:part["windows"]]) / part["windows"]
        if abs(loss - part["loss"]) > LOSS:
            failures.append(f"the loss of {part['windows']} windows is {loss:.5f}, the card says {part['loss']}")
    loss, expected = sum(of_ours) / 4, sum(of_theirs[:4]) / 4
    if abs(loss - expected) > (CHOICES if chooses else LOSS) * expected:
        failures.append(f"the program's loss of 4 windows is {loss:.5f}, transformers' {expected:.5f}")
    return f"loss {sum(of_theirs) / count:.5f}", inputs[:4]


def check_recall(card, theirs, ours, chooses, failures):
    """What was measured, in words, and the inputs [B, T] of which logits are compared."""
    texts = card["first_texts"]["texts"]
    for whose, read, count, expected in (("transformers'", theirs, None, card["recall"]),
                                         ("the program's", ours, texts, card["first_texts"]["recall"])):
        for part, said in zip(recall_of(read, count), expected):
            wrong = abs(part["recall"] - said["recall"]) * part["questions"]
            if wrong > max(1.01, CHOICES * part["questions"]):
                failures.append(f"{whose} recall, {part['task']}, {part['length']} tokens, is {part['recall']},"
                                f" the card says {said['recall']}")
    _, inputs, _ = next(questions())
    return "recall " + " ".join(f"{part['recall']:.3f}" for part in card["recall"]), inputs[:8]


def main():
    names = sys.argv[1:] or sorted(path.parent.name for path in MODELS.glob("*/card.json"))
    torch.set_num_threads(1)
    return 1 if any([check(MODELS / name) for name in names]) else 0


sys.exit(main())

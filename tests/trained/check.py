"""Measures the held-out losses of trained models of www/models and compares them with their cards: under PyTorch by

    python tests/trained/check.py 8 www/models/qwen3-shakespeare

(of 8 windows of text, or as many as the card measured), and under this repository's engine by tests/trained.rs.
"""

import importlib
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "www" / "programs" / "models"))

# Sums in another order move a loss in its sixth digit. More can come of a choice between equals: of entries that an
# indexer finds equally good, each device may keep another one.
TOLERANCE = 0.005


def read_json(path):
    return json.loads(path.read_text())


@torch.no_grad()
def is_as_the_card_says(folder, windows):
    card, config = read_json(folder / "card.json"), read_json(folder / "config.json")
    held_out = read_json(folder.parent / "held-out.json")
    program = importlib.import_module(config["model_type"])
    weights = load_file(folder / "model.safetensors")
    tokens, width = torch.tensor(held_out["tokens"]), held_out["window"]
    expected = [part["loss"] for part in card["held_out"] if part["windows"] == windows][0]
    total = 0.0
    for n in range(windows):
        window = tokens[n * width:(n + 1) * width + 1]
        logits, _ = program.forward(weights, config, window[None, :-1])
        total += F.cross_entropy(logits[0], window[1:]).item()
    loss = total / windows
    off = abs(loss - expected) / expected
    print(f"{folder.name:28} loss {loss:.5f} nats per token, {expected:.5f} on the card, {100 * off:.4f} % apart")
    return off <= TOLERANCE


def main():
    windows, *folders = sys.argv[1:]
    right = [is_as_the_card_says(Path(folder), int(windows)) for folder in folders]
    return len(right) > 0 and all(right)


sys.exit(0 if main() else 1)

"""Measures the held-out losses of trained models of www/models, or their recall, and compares them with their cards:
under PyTorch by

    python tests/trained/check.py 8 www/models/qwen3-shakespeare

(of 8 windows of text, or as many as the card measured; with 2 windows, recall is of the first texts of each length),
and under this repository's engine by tests/trained.rs.
"""

import importlib
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "www" / "programs" / "models"))
from measure import losses
from questions import recall_of

# Sums in another order move a loss in its sixth digit. More can come of a choice between equals: of entries that an
# indexer finds equally good, each device may keep another one. Of answers it is as many, or one at least: of 64, one is
# more than half a percent, and its two likeliest tokens may be almost equally likely.
TOLERANCE = 0.005


def read_json(path):
    return json.loads(path.read_text())


@torch.no_grad()
def is_as_the_card_says(folder, windows):
    card, config = read_json(folder / "card.json"), read_json(folder / "config.json")
    program = importlib.import_module(config["model_type"])
    weights = load_file(folder / "model.safetensors")
    if card["task"] == "recall":
        expected, texts = card["recall"], None
        if windows <= 2:
            expected, texts = card["first_texts"]["recall"], card["first_texts"]["texts"]
        found = list(recall_of(lambda inputs: program.forward(weights, config, inputs)[0], texts))
        return all([is_the_same_recall(folder.name, *both) for both in zip(found, expected, strict=True)])
    held_out = read_json(folder.parent / "held-out.json")
    expected = [part["loss"] for part in card["held_out"] if part["windows"] == windows][0]
    loss = sum(losses(program, weights, config, held_out, windows)) / windows
    off = abs(loss - expected) / expected
    print(f"{folder.name:28} loss {loss:.5f} nats per token, {expected:.5f} on the card, {100 * off:.4f} % apart")
    return off <= TOLERANCE


def is_the_same_recall(name, found, expected):
    # Shares are rounded to four digits, which of 2048 questions is less than a quarter of one.
    apart = round(abs(found["recall"] - expected["recall"]) * expected["questions"])
    print(f"{name:28} {found['task']}, {found['length']} tokens: recall {found['recall']:.4f},"
          f" {expected['recall']:.4f} on the card, {apart} of {found['questions']} answers apart")
    same_questions = all(found[field] == expected[field] for field in ("task", "length", "questions"))
    return same_questions and apart <= max(1, TOLERANCE * expected["questions"])


def main():
    windows, *folders = sys.argv[1:]
    right = [is_as_the_card_says(Path(folder), int(windows)) for folder in folders]
    return len(right) > 0 and all(right)


sys.exit(0 if main() else 1)

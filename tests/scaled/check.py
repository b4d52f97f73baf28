"""Scales parts of models by www/programs/models/scaling.py and compares what they predict with what transformers
predicted with hooks, which record.py recorded: under PyTorch by

    python tests/scaled/check.py

(of all models, or of those whose folders are named), and under this repository's engine by tests/scaled.rs.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "www" / "programs" / "models"))
from checkpoint import Refused, open_checkpoint
from scaling import scale_parts

# The reference is float32 too, so that only the order of sums differs; the logits of these models are below 50, and
# float32 has seven digits, of which a few layers cost three.
TOLERANCE = 1e-3

# What is said of what cannot be scaled.
REFUSED = {
    "3": "“3” does not say what is scaled, and by how much: write 3.1=0",
    "1.half=0": "“1.half=0” does not say what is scaled",
    "0.1=much": "“0.1=much” does not say what is scaled",
    "99.0=0": "99.0=0: the model has layers 0 to ",
    "0.99=0": "0.99=0: layer 0 has heads 0 to ",
}


def refusal(weights, config, scaled):
    try:
        scale_parts(weights, config, scaled)
    except Refused as error:
        return str(error)
    return "it was not refused"


@torch.no_grad()
def check(name, expected):
    folder = ROOT / name
    program, config, weights = open_checkpoint(folder)
    config = program.complete(config)
    if name.startswith("tests/checkpoints"):
        ids = load_file(folder / "expected.safetensors")["input_ids"][:1]
    else:
        ids = torch.tensor([json.loads((ROOT / "www/models/held-out.json").read_text())["tokens"][:48]])
    everything = {**config, "index_topk": ids.shape[1]} if "index_topk" in config else config

    def predicted(weights):
        return program.forward(weights, everything, ids)[0][0, -1]

    whole, largest = predicted(weights), 0.0
    for scaled, logits in expected.items():
        ours = predicted(scale_parts(weights, config, scaled))
        difference = (ours - logits).abs().max().item()
        largest = max(largest, difference if difference == difference else float("inf"))
    wrong = [f"{scaled!r}: {refusal(weights, config, scaled)}" for scaled, start in REFUSED.items()
             if not refusal(weights, config, scaled).startswith(start)]
    if not torch.equal(predicted(weights), whole):
        wrong.append("the weights that were given have changed")
    if largest > TOLERANCE:
        wrong.append(f"logits differ by more than {TOLERANCE}")
    print(f"{name:40} {len(expected)} cases within {largest:.1e}", *wrong, sep="\n  WRONG: ")
    return not wrong


def main():
    cases = {}
    for key, logits in load_file(Path(__file__).parent / "expected.safetensors").items():
        name, scaled = key.split(": ", 1)
        cases.setdefault(name, {})[scaled] = logits
    names = sys.argv[1:] or sorted(cases)
    return all([check(name, cases[name]) for name in names])


sys.exit(0 if main() else 1)

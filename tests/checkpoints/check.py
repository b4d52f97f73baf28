"""Runs a checkpoint's architecture and compares it with what transformers computed: under PyTorch by

    python tests/checkpoints/check.py tests/checkpoints/qwen3

and under this repository's engine, which reads the same file, by `cargo xtask check-model tests/checkpoints/qwen3`.
With `--quick` after the folder, reading the text in pieces is left out, which takes most of the time.
"""

import os
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from caches import formula

FOLDER = Path(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../www/programs/models"))
from checkpoint import Refused, open_checkpoint

# The reference is float32 on the same weights, so only the order of sums differs. Logits have a standard deviation
# of 1 to 10, where float32 keeps six to seven digits, and a few layers and a few hundred terms may cost three of them.
TOLERANCE = 1e-3
GREEDY_TOKENS = 12


def bytes_kept(cache):
    """What the cache's tensors hold in memory; a view counts with all that it keeps alive, but for room that is still free."""
    storages = {}

    def visit(value):
        if isinstance(value, torch.Tensor):
            storage = value.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes() - free_room(value)
        elif isinstance(value, (dict, list, tuple)):
            for part in value.values() if isinstance(value, dict) else value:
                visit(part)

    visit(cache)
    return sum(storages.values())


def free_room(entries):
    """The bytes that entries [..., S, D] have left for more: none, or those of 64 rows or a quarter as many again at most."""
    room = getattr(entries, "room", None)
    if room is None:
        return 0
    S, free = entries.shape[-2], room.size - entries.shape[-2]
    assert entries.data_ptr() == room.rows.data_ptr() and room.taken == S, f"{S} entries in a room of which {room.taken} are taken"
    assert 0 <= free <= max(64, S // 4), f"room for {free} more entries beside {S}"
    return free * (room.rows.nbytes // room.size)


def difference(ours, expected):
    assert ours.shape == expected.shape, f"{list(ours.shape)} where {list(expected.shape)} is expected"
    assert ours.dtype == torch.float32, f"{ours.dtype} where torch.float32 is expected"
    largest = (ours - expected).abs().max().item()
    return largest if largest == largest else float("inf")


def in_pieces(program, weights, config, ids, size):
    """Logits of a text that is read a few tokens at a time, and the cache that is left."""
    cache = program.new_cache(config)
    pieces = [program.forward(weights, config, piece, cache)[0] for piece in ids.split(size, dim=1)]
    assert cache["length"] == ids.shape[1], f"the cache counts {cache['length']} of {ids.shape[1]} tokens"
    return torch.cat(pieces, dim=1), cache


def in_turn_with_another(program, weights, config, ids):
    """Logits of a text whose second half goes on from the cache of the first, while another text goes on from it too."""
    half = ids.shape[1] // 2
    logits, cache = in_pieces(program, weights, config, ids[:, :half], 1)
    other = {**cache, "layers": [dict(kept) for kept in cache["layers"]]}
    pieces = [logits]
    for mine, others in zip(ids[:, half:].split(1, dim=1), ids[:, half:].flip(1).split(1, dim=1)):
        pieces.append(program.forward(weights, config, mine, cache)[0])
        program.forward(weights, config, others, other)
    return torch.cat(pieces, dim=1)


def greedy(program, weights, config, ids):
    cache = program.new_cache(config)
    new = ids
    for _ in range(GREEDY_TOKENS):
        logits, _ = program.forward(weights, config, new, cache)
        new = logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
    return ids


def check_pieces(program, weights, config, ids, logits, differences):
    """Adds to the differences those of cached decoding; whether the cache holds as many bytes as it should."""
    _, cache_of_one_pass = in_pieces(program, weights, config, ids, ids.shape[1])
    one_by_one, cache = in_pieces(program, weights, config, ids, 1)
    in_threes, _ = in_pieces(program, weights, config, ids, 3)
    differences["cached, one by one"] = difference(one_by_one, logits)
    differences["cached, in threes"] = difference(in_threes, logits)
    differences["cached, beside another"] = difference(in_turn_with_another(program, weights, config, ids), logits)
    kept, kept_by_one_pass = bytes_kept(cache), bytes_kept(cache_of_one_pass)
    expected_bytes = 4 * formula(program.complete(config), ids.shape[1])
    more = "" if kept == kept_by_one_pass else f", BUT {kept_by_one_pass} when they were read at once"
    more += "" if kept == expected_bytes else f", BUT {expected_bytes} by the formula"
    print(f"{'bytes of the cache':20} {kept} after {ids.shape[1]} tokens{more}")
    return kept == kept_by_one_pass == expected_bytes


@torch.no_grad()
def main():
    try:
        program, config, weights = open_checkpoint(FOLDER)
        expected = load_file(FOLDER / "expected.safetensors")
    except (OSError, Refused, SafetensorError) as error:
        sys.exit(str(error))
    ids = expected["input_ids"]

    logits, hidden_states = program.forward(weights, config, ids)
    layers = sum(name.startswith("hidden_states.") for name in expected)
    assert len(hidden_states) == layers, f"{len(hidden_states)} hidden states where {layers} are expected"
    differences = {
        "logits": difference(logits, expected["logits"]),
        "hidden states": max(difference(x, expected[f"hidden_states.{n}"]) for n, x in enumerate(hidden_states)),
    }
    right = True
    if "--quick" not in sys.argv:
        right = check_pieces(program, weights, config, ids, logits, differences)
    tokens = greedy(program, weights, config, ids)[0, -GREEDY_TOKENS:].tolist()
    expected_tokens = expected["greedy_ids"][0, -GREEDY_TOKENS:].tolist()

    for name, value in differences.items():
        print(f"{name:20} {value:.2e}{'' if value <= TOLERANCE else ' TOO FAR'}")
    print(f"{'greedy tokens':20} {tokens}{'' if tokens == expected_tokens else f' NOT {expected_tokens}'}")
    return right and max(differences.values()) <= TOLERANCE and tokens == expected_tokens


sys.exit(0 if main() else 1)

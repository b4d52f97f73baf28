"""The text, its vocabulary, and the windows that losses are measured on."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY = 512
HELD_OUT = 0.1              # the last part of the text
WINDOW = 256
WINDOWS = 64                # from the start of the held-out text


def split(path):
    """What is trained on, and what is held out."""
    text = Path(path).read_text(encoding="utf-8")
    cut = int(len(text) * (1 - HELD_OUT))
    return text[:cut], text[cut:]


def train_tokenizer(text):
    """Byte pairs as GPT-2 makes them: words with the space before them, of the characters that the text has."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([text], trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=False))
    return tokenizer


def windows(ids, count=WINDOWS):
    """Inputs and targets [count, WINDOW]: neighbours, each target is the token after its input."""
    ids = torch.tensor(ids[:count * WINDOW + 1])
    return ids[:-1].view(count, WINDOW), ids[1:].view(count, WINDOW)


def characters(tokenizer, targets):
    """How many characters of text these tokens are."""
    return sum(len(tokenizer.decode(row)) for row in targets.tolist())


def write_held_out(ids, path):
    """The tokens that losses are measured on, for programs that have no tokenizer."""
    kept = ids[:WINDOWS * WINDOW + 1]
    path.write_text(json.dumps({"window": WINDOW, "windows": WINDOWS, "tokens": kept}))

# %% [markdown]
# # Text and tokens
#
# A checkpoint's `tokenizer.json` says how text becomes numbers and numbers text. A checkpoint without one reads and writes the numbers themselves.

# %%
import json
from pathlib import Path

from tokenizers import Tokenizer

from checkpoint import unfold


class Numbers:
    """What a model without a tokenizer reads and writes: the numbers of tokens, with spaces between."""

    def encode(self, text):
        words = text.replace(",", " ").split()
        assert all(word.isdigit() for word in words), "without a tokenizer.json, a text is the numbers of its tokens"
        return Numbered([int(word) for word in words])

    def decode(self, ids, skip_special_tokens=True):
        return " ".join(str(token) for token in ids)

    def id_to_token(self, token):
        return str(token)


class Numbered:
    def __init__(self, ids):
        self.ids = ids


def open_tokenizer(folder):
    path = unfold(Path(folder)) / "tokenizer.json"
    return Tokenizer.from_file(str(path)) if path.exists() else Numbers()


def end_tokens(folder, config):
    """The tokens after which a model writes no more: of its generation's configuration, else of its own."""
    path = unfold(Path(folder)) / "generation_config.json"
    if path.exists():
        config = {**config, **json.loads(path.read_text())}
    ends = config.get("eos_token_id")
    return set(ends if isinstance(ends, list) else [] if ends is None else [ends])

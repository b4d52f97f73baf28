# %% [markdown]
# # Text and tokens
#
# A checkpoint's `tokenizer.json` says how text becomes numbers and numbers text. A checkpoint without one reads and writes the numbers themselves.

# %%
import json
import os

from tokenizers import Tokenizer


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
    path = f"{folder}/tokenizer.json"
    return Tokenizer.from_file(path) if os.path.exists(path) else Numbers()


def end_tokens(folder, config):
    """The tokens after which a model writes no more: of its generation's configuration, else of its own."""
    path = f"{folder}/generation_config.json"
    if os.path.exists(path):
        config = {**config, **json.load(open(path))}
    ends = config.get("eos_token_id")
    return set(ends if isinstance(ends, list) else [] if ends is None else [ends])

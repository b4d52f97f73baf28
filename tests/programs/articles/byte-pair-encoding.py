"""Byte pair encoding from scratch, then GPT-2's way of showing bytes, then embeddings of the tokens."""
import torch
import torch.nn as nn


def get_stats(ids, counts=None):
    counts = {} if counts is None else counts
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge(ids, pair, idx):
    newids, i = [], 0
    while i < len(ids):
        if ids[i] == pair[0] and i < len(ids) - 1 and ids[i + 1] == pair[1]:
            newids.append(idx)
            i += 2
        else:
            newids.append(ids[i])
            i += 1
    return newids


class BasicTokenizer:
    def __init__(self):
        self.merges: dict[tuple[int, int], int] = {}
        self.vocab: dict[int, bytes] = {idx: bytes([idx]) for idx in range(256)}

    def train(self, text: str, vocab_size: int, verbose: bool = False) -> None:
        ids = list(text.encode("utf-8"))
        for i in range(vocab_size - 256):
            stats = get_stats(ids)
            pair = max(stats, key=stats.get)
            idx = 256 + i
            ids = merge(ids, pair, idx)
            self.merges[pair] = idx
            self.vocab[idx] = self.vocab[pair[0]] + self.vocab[pair[1]]
            if verbose:
                print(f"merge {i + 1}/{vocab_size - 256}: {pair} -> {idx} ({self.vocab[idx]}) had {stats[pair]} occurrences")

    def decode(self, ids):
        return b"".join(self.vocab[idx] for idx in ids).decode("utf-8", errors="replace")

    def encode(self, text):
        ids = list(text.encode("utf-8"))
        while len(ids) >= 2:
            stats = get_stats(ids)
            pair = min(stats, key=lambda p: self.merges.get(p, float("inf")))
            if pair not in self.merges:
                break
            ids = merge(ids, pair, self.merges[pair])
        return ids


text = "the cat and the hat: naïve café, naïve 猫 🙂 — the cat sat"
tokenizer = BasicTokenizer()
tokenizer.train(text, 256 + 8, verbose=True)
ids = tokenizer.encode("the naïve cat 🙂")
print(ids, len(ids), tokenizer.decode(ids))
print([tokenizer.vocab[i] for i in ids[:3]], repr(tokenizer.decode([128, 104, 105])))


def bytes_to_unicode():
    bs = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1)) + list(range(ord("®"), ord("ÿ") + 1))
    cs = bs[:]
    n = 0
    for b in range(2**8):
        if b not in bs:
            bs.append(b)
            cs.append(2**8 + n)
            n += 1
    return dict(zip(bs, [chr(n) for n in cs]))


byte_encoder = bytes_to_unicode()
byte_decoder = {v: k for k, v in byte_encoder.items()}
shown = "".join(byte_encoder[b] for b in " café\n猫".encode("utf-8"))
print(shown, bytearray([byte_decoder[c] for c in shown]).decode("utf-8", errors="replace") == " café\n猫")

ranks = {b"th": 0, b"the": 1, b" ": 2}
print(ranks[b"the"], b"he" in b"the", b"the".startswith(b"th"), b" the cat ".strip().split(), b"caf\xc3\xa9".hex(), bytes.fromhex("e7 8c ab").decode())
for broken in (lambda: b"\xff\xfe".decode("utf-8"), lambda: "猫".encode("ascii"), lambda: b"a" + "b", lambda: bytes([300])):
    try:
        broken()
    except (UnicodeDecodeError, UnicodeEncodeError, TypeError, ValueError) as error:
        print(type(error).__name__, error)

torch.manual_seed(0)
print(nn.Embedding(len(tokenizer.vocab), 4)(torch.tensor(ids[:2])))

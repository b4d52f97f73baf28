# A byte pair tokenizer in the manner of minbpe and of GPT-2's encoder: texts are cut by a pattern of the package regex,
# with classes of Unicode's characters and repetitions that give nothing back, and pairs of bytes are merged within the cuts.
import re as builtin_re
import unicodedata
from functools import lru_cache

import regex as re

GPT2_SPLIT_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
GPT4_SPLIT_PATTERN = r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"""


def get_stats(ids, counts=None):
    counts = {} if counts is None else counts
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge(ids, pair, idx):
    newids = []
    i = 0
    while i < len(ids):
        if ids[i] == pair[0] and i < len(ids) - 1 and ids[i + 1] == pair[1]:
            newids.append(idx)
            i += 2
        else:
            newids.append(ids[i])
            i += 1
    return newids


def render_token(t: bytes) -> str:
    s = t.decode("utf-8", errors="replace")
    return "".join(ch if unicodedata.category(ch)[0] != "C" else f"\\u{ord(ch):04x}" for ch in s)


class RegexTokenizer:
    def __init__(self, pattern=None):
        self.pattern = GPT4_SPLIT_PATTERN if pattern is None else pattern
        self.compiled_pattern = re.compile(self.pattern)
        self.merges = {}
        self.special_tokens = {}
        self.vocab = {idx: bytes([idx]) for idx in range(256)}

    def train(self, text, vocab_size, verbose=False):
        assert vocab_size >= 256
        ids = [list(ch.encode("utf-8")) for ch in re.findall(self.compiled_pattern, text)]
        for i in range(vocab_size - 256):
            stats = {}
            for chunk_ids in ids:
                get_stats(chunk_ids, stats)
            pair = max(stats, key=stats.get)
            idx = 256 + i
            ids = [merge(chunk_ids, pair, idx) for chunk_ids in ids]
            self.merges[pair] = idx
            self.vocab[idx] = self.vocab[pair[0]] + self.vocab[pair[1]]
            if verbose:
                print(f"merge {i+1}/{vocab_size - 256}: {pair} -> {idx} ({self.vocab[idx]}) had {stats[pair]} occurrences")

    def _encode_chunk(self, text_bytes):
        ids = list(text_bytes)
        while len(ids) >= 2:
            pair = min(get_stats(ids), key=lambda p: self.merges.get(p, float("inf")))
            if pair not in self.merges:
                break
            ids = merge(ids, pair, self.merges[pair])
        return ids

    def encode(self, text):
        if self.special_tokens:
            special_pattern = "(" + "|".join(re.escape(k) for k in self.special_tokens) + ")"
            parts = re.split(special_pattern, text)
        else:
            parts = [text]
        ids = []
        for part in parts:
            if part in self.special_tokens:
                ids.append(self.special_tokens[part])
            else:
                for chunk in self.compiled_pattern.findall(part):
                    ids.extend(self._encode_chunk(chunk.encode("utf-8")))
        return ids

    def decode(self, ids):
        special = {v: k for k, v in self.special_tokens.items()}
        return b"".join(special[i].encode() if i in special else self.vocab[i] for i in ids).decode("utf-8", errors="replace")


text = "Attention is all you need. Attentive attendants attended the attention-seeking attendee's 2017 talk!\n\tNaïve café — 日本語 😀 Привет isn't it?  WE'LL see"
print(re.findall(GPT2_SPLIT_PATTERN, text))
print(re.findall(GPT4_SPLIT_PATTERN, text))
tokenizer = RegexTokenizer()
tokenizer.train(text, 256 + 8, verbose=True)
tokenizer.special_tokens = {"<|endoftext|>": 1000, "<|fim|>": 1001}
ids = tokenizer.encode("<|endoftext|>attention 😀<|fim|>")
print(ids, tokenizer.decode(ids), sep="\n")
print([render_token(tokenizer.vocab[i]) for i in (10, 65, 256, 260, 200)])


@lru_cache()
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


print(["".join(bytes_to_unicode()[b] for b in token.encode("utf-8")) for token in re.findall(GPT2_SPLIT_PATTERN, "don't stop, café 42")])

# The classes, their complements, and what no backtracking enters again, which Python's own module has as well.
print(re.findall(r"\p{L}+|\p{N}+|[^\s\p{L}\p{N}]+", "wörld123 ½Ⅷ x² _a-b_ 안녕"))
print(re.sub(r"\P{L}", "", "a1_b2"), re.split(r"[^\p{L}]+", "one, two3three"), re.fullmatch(r"\p{N}{1,3}", "12").group())
print(builtin_re.findall(r"a++b|a+", "aaab aaa"), builtin_re.match(r"x*+x", "xxx"), builtin_re.findall(r"(?>a+)a|b", "aaa b"))
print(builtin_re.search(r"(?>(a)|(b))+c", "abc").groups(), builtin_re.findall(r"(\w)?+(\d)", "a1 2"))
try:
    builtin_re.compile(r"\p{L}")
except builtin_re.error as e:
    print(e)

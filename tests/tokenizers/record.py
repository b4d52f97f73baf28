"""
Makes the tokenizers of this folder and records what Hugging Face's library makes of texts with them.

    python tests/tokenizers/record.py        needs the package `tokenizers`

Every kind that published language models have is here, each as small as it can be: NAME.json is the tokenizer, as a
checkpoint brings it, NAME.texts.json what it made of the texts. The Python package searches with Oniguruma where we
search with fancy-regex, so that equal ids say that those two agree as well.
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent

# Llama 3's pattern, whose `\\s+(?!\\S)` needs a search that goes back.
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
VOCABULARY = 420
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]

TEXTS = [
    "",
    " ",
    "attention",
    "The keys and the values of every head, and nothing else.",
    "  two spaces before,   three within, one after ",
    "It's what they'll say: WE'VE seen 1, 22, 333 and 4444 of them; 3.14159e-10!",
    "line one\nline two\r\n\r\n\tindented\n\n\n",
    "def softmax(x):\n    return (x - x.max(-1)).exp()  # [B, T, S]\n",
    "Grüße aus Köln, ça va? Ñandú, señor; Ångström",
    "e\u0301 is é, ﬁ is two letters, Ⅷ is eight, ２ is two",
    "日本語の文章と中文混合，標点。",
    "한국어 문장입니다.",
    "Привет, мир! Как дела?",
    "مرحبا بالعالم",
    "नमस्ते दुनिया",
    "👩‍👩‍👧‍👦 🇩🇪 👍🏽 ☃️",
    "a\u0000b\u0007c\u200bd\ufeffe\u00a0f",
    "\ufffd here and at the end \ufffd",
    "▁already▁there Ġand this",
    "<0x41> is no byte",
    "before <|endoftext|> after<|endoftext|>",
    "[CLS] [SEP] <s> </s> <unk>",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3,
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010ffff \U0001f600\U0001f601",
]


def main():
    corpus = Path(__file__).read_text().splitlines() + TEXTS
    for name, (tokenizer, trainer) in kinds().items():
        tokenizer.train_from_iterator(corpus, trainer)
        tokenizer = FINISH[name](tokenizer)
        tokenizer.save(str(HERE / f"{name}.json"), pretty=False)
        tokenizer = Tokenizer.from_file(str(HERE / f"{name}.json"))
        texts = [recorded(tokenizer, text) for text in TEXTS]
        (HERE / f"{name}.texts.json").write_text("[\n" + ",\n".join(json.dumps(text) for text in texts) + "\n]\n")


def recorded(tokenizer, text):
    """The ids with and without special tokens, and the texts of the former with and without them."""
    ids = tokenizer.encode(text).ids
    return {
        "text": text,
        "ids": ids,
        "without_special": tokenizer.encode(text, add_special_tokens=False).ids,
        "decoded": tokenizer.decode(ids, skip_special_tokens=False),
        "decoded_without_special": tokenizer.decode(ids, skip_special_tokens=True),
    }


def kinds():
    alphabet = pre_tokenizers.ByteLevel.alphabet()

    # GPT-2.
    byte_level = Tokenizer(models.BPE())
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_level.decoder = decoders.ByteLevel()

    # Llama 3, Qwen3, gpt-oss, DeepSeek: bytes too, split by a pattern of their own.
    pattern = Tokenizer(models.BPE(ignore_merges=True))
    pattern.normalizer = normalizers.NFC()
    pattern.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(WORDS), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    pattern.decoder = decoders.ByteLevel()

    # Llama 2: SentencePiece's BPE, where what is unknown becomes its bytes.
    metaspace = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    metaspace.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    metaspace.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )

    # Gemma: the same without a space before the text.
    replaced = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    replaced.normalizer = normalizers.Replace(" ", "▁")
    replaced.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    replaced.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])

    # BERT.
    wordpiece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    wordpiece.normalizer = normalizers.BertNormalizer(lowercase=True)
    wordpiece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    wordpiece.decoder = decoders.WordPiece()

    # T5, XLM-R: SentencePiece's unigrams.
    unigram = Tokenizer(models.Unigram())
    unigram.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Metaspace()

    def bpe(special, **options):
        return trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=special, show_progress=False, **options)

    ends = AddedToken("<|endoftext|>", special=True)
    few = {"limit_alphabet": 60}
    return {
        "byte-level": (byte_level, bpe([ends], initial_alphabet=alphabet)),
        "byte-level-pattern": (pattern, bpe([ends], initial_alphabet=alphabet)),
        "byte-fallback": (metaspace, bpe(["<unk>", "<s>", "</s>", *BYTES], **few)),
        "byte-fallback-replaced": (replaced, bpe(["<pad>", "</s>", "<s>", "<unk>", *BYTES], **few)),
        "wordpiece": (
            wordpiece,
            trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False, **few),
        ),
        "unigram": (
            unigram,
            trainers.UnigramTrainer(vocab_size=VOCABULARY, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False),
        ),
    }


def around(before, after):
    """Special tokens before and after every text."""

    def finish(tokenizer):
        tokens = [token for token in (before, after) if token]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=" ".join(filter(None, [before, "$A", after])),
            special_tokens=[(token, tokenizer.token_to_id(token)) for token in tokens],
        )
        return tokenizer

    return finish


def bytes_are_no_special_tokens(tokenizer):
    """Training knows no other way to have them in the vocabulary."""
    content = json.loads(around("<s>", "")(tokenizer).to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(content))


FINISH = {
    "byte-level": lambda tokenizer: tokenizer,
    "byte-level-pattern": around("<|endoftext|>", ""),
    "wordpiece": around("[CLS]", "[SEP]"),
    "unigram": around("", "</s>"),
    "byte-fallback": bytes_are_no_special_tokens,
    "byte-fallback-replaced": bytes_are_no_special_tokens,
}

if __name__ == "__main__":
    main()

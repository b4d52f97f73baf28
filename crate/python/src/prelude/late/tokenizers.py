# Hugging Face's library of this name: what a program asks of a tokenizer that a checkpoint brings. The host has it.
from _prelude import _decode_tokens, _encode_text, _id_of_token, _open_tokenizer, _token_of_id, _vocabulary_size


class Encoding:
    def __init__(self, ids, tokens):
        self.ids, self.tokens = ids, tokens

    def __len__(self):
        return len(self.ids)


class Tokenizer:
    def __init__(self, number):
        self._number = number

    @staticmethod
    def from_file(path):
        return Tokenizer(_open_tokenizer(str(path)))

    def encode(self, sequence, add_special_tokens=True):
        ids = _encode_text(self._number, sequence, add_special_tokens)
        return Encoding(ids, [self.id_to_token(i) for i in ids])

    def encode_batch(self, input, add_special_tokens=True):
        return [self.encode(sequence, add_special_tokens) for sequence in input]

    def decode(self, ids, skip_special_tokens=True):
        return _decode_tokens(self._number, list(ids), skip_special_tokens)

    def id_to_token(self, id):
        return _token_of_id(self._number, id)

    def token_to_id(self, token):
        return _id_of_token(self._number, token)

    def get_vocab_size(self, with_added_tokens=True):
        return _vocabulary_size(self._number)

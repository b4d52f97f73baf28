# Token ids into inputs and targets with a stride, a Dataset of one's own, and token plus position embeddings.
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

text = "a small model reads a small text and learns which word comes after which other word in it"
vocab = {word: i for i, word in enumerate(sorted(set(text.split())))}


class Tokenizer:
    def __init__(self, vocab):
        self.str_to_int = vocab
        self.int_to_str = {i: s for s, i in vocab.items()}

    def encode(self, text):
        return [self.str_to_int[s] for s in text.split() if s.strip()]

    def decode(self, ids):
        return " ".join([self.int_to_str[i] for i in ids])


class Windows(Dataset):
    def __init__(self, text, tokenizer, max_length, stride):
        self.input_ids, self.target_ids = [], []
        token_ids = tokenizer.encode(text)
        for i in range(0, len(token_ids) - max_length, stride):
            self.input_ids.append(torch.tensor(token_ids[i:i + max_length]))
            self.target_ids.append(torch.tensor(token_ids[i + 1: i + max_length + 1]))

    def __len__(self):
        return len(self.input_ids)

    def __getitem__(self, idx):
        return self.input_ids[idx], self.target_ids[idx]


tokenizer = Tokenizer(vocab)
ids = tokenizer.encode(text)
print(len(vocab), ids)
print(tokenizer.decode(ids) == text)
context_size = 4
for i in range(1, context_size + 1):
    print(tokenizer.decode(ids[:i]), "---->", tokenizer.decode([ids[i]]))

dataset = Windows(text, tokenizer, max_length=4, stride=4)
loader = DataLoader(dataset, batch_size=2, shuffle=False)
data_iter = iter(loader)
inputs, targets = next(data_iter)
print(len(dataset), len(loader), inputs, targets)
print([x.shape for x, _ in loader])

torch.manual_seed(123)
token_embedding = nn.Embedding(len(vocab), 6)
pos_embedding = nn.Embedding(context_size, 6)
print(pos_embedding(torch.arange(context_size)).shape)
input_embeddings = token_embedding(inputs) + pos_embedding(torch.arange(context_size))
print(input_embeddings.shape)
print(input_embeddings[0])
print(token_embedding.weight[3], token_embedding(torch.tensor([3])))

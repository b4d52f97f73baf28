"""The first cells of PyTorch's seq2seq tutorial, with its sentence pairs inline: text to ASCII, words to numbers, Bahdanau's attention."""
from __future__ import unicode_literals, print_function, division
from io import open
import unicodedata
import re
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

import matplotlib.pyplot as plt
plt.switch_backend('agg')
import matplotlib.ticker as ticker
import numpy as np

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
SOS_token, EOS_token = 0, 1
MAX_LENGTH = 10


class Lang:
    def __init__(self, name):
        self.name = name
        self.word2index = {}
        self.word2count = {}
        self.index2word = {0: "SOS", 1: "EOS"}
        self.n_words = 2  # Count SOS and EOS

    def addSentence(self, sentence):
        for word in sentence.split(' '):
            self.addWord(word)

    def addWord(self, word):
        if word not in self.word2index:
            self.word2index[word] = self.n_words
            self.word2count[word] = 1
            self.index2word[self.n_words] = word
            self.n_words += 1
        else:
            self.word2count[word] += 1


def unicodeToAscii(s):
    return ''.join(
        c for c in unicodedata.normalize('NFD', s)
        if unicodedata.category(c) != 'Mn'
    )


def normalizeString(s):
    s = unicodeToAscii(s.lower().strip())
    s = re.sub(r"([.!?])", r" \1", s)
    s = re.sub(r"[^a-zA-Z!?]+", r" ", s)
    return s.strip()


text = """I am cold.\tJ'ai froid.
You're étonné!\tVous êtes étonnée !
She is very “naïve”.\tElle est très naïve…
We are at the café\tNous sommes au café où ça va."""
pairs = [[normalizeString(s) for s in l.split('\t')] for l in text.split('\n')]
input_lang, output_lang = Lang("fra"), Lang("eng")
for english, french in pairs:
    input_lang.addSentence(french)
    output_lang.addSentence(english)
print(pairs)
print(input_lang.name, input_lang.n_words, output_lang.name, output_lang.n_words)
random.seed(0)
print(random.choice(pairs))


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size, dropout_p=0.1):
        super(EncoderRNN, self).__init__()
        self.hidden_size = hidden_size
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, input):
        embedded = self.dropout(self.embedding(input))
        return self.gru(embedded)


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super(BahdanauAttention, self).__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1)

    def forward(self, query, keys):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys)))
        scores = scores.squeeze(2).unsqueeze(1)
        weights = F.softmax(scores, dim=-1)
        return torch.bmm(weights, keys), weights


torch.manual_seed(1)
encoder = EncoderRNN(input_lang.n_words, 8).to(device).eval()
attention = BahdanauAttention(8).to(device)
indexes = [input_lang.word2index[word] for word in pairs[0][1].split(' ')] + [EOS_token]
with torch.no_grad():
    outputs, hidden = encoder(torch.tensor(indexes, dtype=torch.long, device=device).view(1, -1))
    context, weights = attention(hidden.permute(1, 0, 2), outputs)
print(context)
print(weights)

fig = plt.figure()
ax = fig.add_subplot(111)
cax = ax.matshow(weights[0].cpu().tolist(), cmap='bone')
fig.colorbar(cax)
ax.set_xticklabels([''] + pairs[0][1].split(' ') + ['<EOS>'], rotation=90)
ax.xaxis.set_major_locator(ticker.MultipleLocator(1))
plt.show()
print(np.mean([len(french.split(' ')) for _, french in pairs]))

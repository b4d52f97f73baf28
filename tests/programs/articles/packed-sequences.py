# A sequence-to-sequence encoder over sentences of different lengths, packed as in the chatbot tutorials.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(0)
sentences = [torch.tensor([4, 7, 2]), torch.tensor([5, 1, 3, 8, 2]), torch.tensor([6, 2])]
lengths = torch.tensor([len(s) for s in sentences])
batch = pad_sequence(sentences, batch_first=True)
print(batch)


class EncoderRNN(nn.Module):
    def __init__(self, vocabulary, hidden, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden, padding_idx=0)
        self.gru = nn.GRU(hidden, hidden, layers, batch_first=True, bidirectional=True)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)
        outputs, hidden = self.gru(packed)
        outputs, lengths = pad_packed_sequence(outputs, batch_first=True)
        half = outputs.size(-1) // 2
        return outputs[:, :, :half] + outputs[:, :, half:], hidden, lengths


encoder = EncoderRNN(9, 4)
outputs, hidden, back = encoder(batch, lengths)
print(outputs)
print(hidden.shape, back)
alone, _ = encoder.gru(encoder.embedding(sentences[0])[None])
print(torch.allclose(outputs[0, :3], alone[0, :, :4] + alone[0, :, 4:], atol=1e-6))

query = torch.randn(3, 1, 4)
scores = (query @ outputs.mT).squeeze(1).masked_fill(torch.arange(outputs.size(1)) >= lengths[:, None], float("-inf"))
print(F.softmax(scores, dim=-1))

packed = pack_padded_sequence(batch.flip(0)[1:], [5, 3], batch_first=True)
print(packed)
embedded = PackedSequence(encoder.embedding(packed.data), packed.batch_sizes)
lstm = nn.LSTM(4, 3)
outputs, (h, c) = lstm(embedded)
print(outputs.data, h, c, sep="\n")
padded, n = pad_packed_sequence(outputs, padding_value=-1.0, total_length=6)
print(padded[..., 0], n)
print(pack_sequence([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0])], enforce_sorted=False))
print(lstm._flat_weights_names, [tuple(w.shape) for w in lstm.all_weights[0]])
for wrong in ([1, 3, 2], [3, 2]):
    try:
        pack_padded_sequence(batch, wrong, batch_first=True)
    except RuntimeError as error:
        print(str(error)[:80])

# An encoder-decoder with nn.MultiheadAttention, decoded greedily.
import torch
import torch.nn as nn


class Decoder(nn.Module):
    def __init__(self, vocab, dim, heads):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.self_attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.cross_attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(3))
        self.ff = nn.Sequential(nn.Linear(dim, 2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim))
        self.generator = nn.Linear(dim, vocab)

    def forward(self, ys, memory, memory_padding=None):
        T = ys.size(1)
        future = nn.Transformer.generate_square_subsequent_mask(T)
        x = self.embed(ys)
        h = self.norms[0](x)
        x = x + self.self_attn(h, h, h, attn_mask=future, need_weights=False)[0]
        attended, weights = self.cross_attn(self.norms[1](x), memory, memory, key_padding_mask=memory_padding)
        x = x + attended
        return self.generator(x + self.ff(self.norms[2](x))), weights


torch.manual_seed(3)
model = Decoder(vocab=9, dim=8, heads=2).eval()
memory = torch.randn(1, 4, 8)
padding = torch.tensor([[False, False, False, True]])
print(nn.Transformer.generate_square_subsequent_mask(3))
with torch.no_grad():
    ys = torch.zeros(1, 1).fill_(1).type_as(torch.ones(1, dtype=torch.long))
    for i in range(6):
        logits, weights = model(ys, memory, padding)
        prob = logits[:, -1].log_softmax(-1)
        value, next_word = torch.max(prob, dim=1)
        ys = torch.cat([ys, torch.empty(1, 1).type_as(ys).fill_(next_word[0])], dim=1)
        print(i, next_word.item(), f"{value.item():.3f}")
    print(ys)
    print(weights)
print({k: tuple(v.shape) for k, v in model.self_attn.state_dict().items()})
print(model.cross_attn)

# A whole small GPT: blocks, logits, and greedy generation.
import torch
import torch.nn as nn

CONFIG = {
    "vocab_size": 50, "context_length": 8, "emb_dim": 12,
    "n_heads": 3, "n_layers": 2, "drop_rate": 0.1, "bias": False,
}


class MultiHeadAttention(nn.Module):
    def __init__(self, in_dim, out_dim, context_length, dropout, num_heads, bias=False):
        super().__init__()
        self.num_heads, self.head_dim = num_heads, out_dim // num_heads
        self.W_query, self.W_key, self.W_value = (nn.Linear(in_dim, out_dim, bias=bias) for _ in range(3))
        self.out_proj = nn.Linear(out_dim, out_dim)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("mask", torch.triu(torch.ones(context_length, context_length), diagonal=1))

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (w(x).view(b, n, self.num_heads, self.head_dim).transpose(1, 2)
                   for w in (self.W_query, self.W_key, self.W_value))
        scores = q @ k.transpose(2, 3)
        scores.masked_fill_(self.mask.bool()[:n, :n], -torch.inf)
        weights = self.dropout(torch.softmax(scores / k.shape[-1]**0.5, dim=-1))
        return self.out_proj((weights @ v).transpose(1, 2).contiguous().view(b, n, d))


class TransformerBlock(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.att = MultiHeadAttention(
            in_dim=cfg["emb_dim"], out_dim=cfg["emb_dim"], context_length=cfg["context_length"],
            num_heads=cfg["n_heads"], dropout=cfg["drop_rate"], bias=cfg["bias"])
        self.ff = nn.Sequential(nn.Linear(cfg["emb_dim"], 4 * cfg["emb_dim"]), nn.GELU(),
                                nn.Linear(4 * cfg["emb_dim"], cfg["emb_dim"]))
        self.norm1 = nn.LayerNorm(cfg["emb_dim"])
        self.norm2 = nn.LayerNorm(cfg["emb_dim"])
        self.drop = nn.Dropout(cfg["drop_rate"])

    def forward(self, x):
        x = x + self.drop(self.att(self.norm1(x)))
        return x + self.drop(self.ff(self.norm2(x)))


class GPTModel(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.tok_emb = nn.Embedding(cfg["vocab_size"], cfg["emb_dim"])
        self.pos_emb = nn.Embedding(cfg["context_length"], cfg["emb_dim"])
        self.drop_emb = nn.Dropout(cfg["drop_rate"])
        self.blocks = nn.Sequential(*[TransformerBlock(cfg) for _ in range(cfg["n_layers"])])
        self.final_norm = nn.LayerNorm(cfg["emb_dim"])
        self.out_head = nn.Linear(cfg["emb_dim"], cfg["vocab_size"], bias=False)

    def forward(self, in_idx):
        batch_size, seq_len = in_idx.shape
        pos_embeds = self.pos_emb(torch.arange(seq_len, device=in_idx.device))
        x = self.drop_emb(self.tok_emb(in_idx) + pos_embeds)
        return self.out_head(self.final_norm(self.blocks(x)))


def greedy(model, idx, max_new_tokens, context_size):
    for _ in range(max_new_tokens):
        idx_cond = idx[:, -context_size:]
        with torch.no_grad():
            logits = model(idx_cond)
        probas = torch.softmax(logits[:, -1, :], dim=-1)
        idx = torch.cat((idx, torch.argmax(probas, dim=-1, keepdim=True)), dim=1)
    return idx


torch.manual_seed(123)
model = GPTModel(CONFIG)
batch = torch.tensor([[6, 10, 3, 36], [6, 11, 2, 38]])
out = model(batch)
print("Output shape:", out.shape)
print(out)
print(f"Total number of parameters: {sum(p.numel() for p in model.parameters()):,}")
model.eval()
print(greedy(model, batch[:1], max_new_tokens=9, context_size=CONFIG["context_length"]))
print(model.tok_emb.weight.shape == model.out_head.weight.shape, model.blocks[0].ff)

# Mixed precision on a CPU: products in bfloat16, losses and what is added to them in float32.
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).view(*x.shape[:2], 3, 2, -1).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = self.proj(y.transpose(1, 2).flatten(2))
        print("attention", q.dtype, y.dtype, "residual", (x + y).dtype)
        return x + y


torch.manual_seed(0)
embedding, block, head = nn.Embedding(10, 8), Block(8), nn.Linear(8, 10, bias=False)
ids, targets = torch.tensor([[1, 4, 2, 7]]), torch.tensor([[4, 2, 7, 3]])
with torch.amp.autocast("cpu", dtype=torch.bfloat16):
    logits = head(block(embedding(ids)))
    loss = F.cross_entropy(logits.view(-1, 10), targets.view(-1))
    print(logits.dtype, loss.dtype, nn.MSELoss()(logits, logits).dtype, torch.is_autocast_enabled("cpu"))
    a = torch.randn(3, 3)
    print((a @ a).dtype, torch.einsum("ij,jk->ik", a, a).dtype, (a + a).dtype, a.softmax(-1).dtype, (a @ a).sum().dtype)
    with torch.autocast(device_type="cpu", enabled=False):
        print((a @ a).dtype, torch.is_autocast_enabled("cpu"))
    print((a.double() @ a.double()).dtype, (a @ a).float()[0])
print((a @ a).dtype, torch.is_autocast_enabled("cpu"), round(loss.item(), 1))


@torch.autocast("cuda", dtype=torch.float16)
def on_a_gpu(x):
    return x @ x


print(on_a_gpu(a).dtype, torch.get_autocast_dtype("cpu"))

# The errors that attention code meets, caught and printed.
import torch
import torch.nn as nn
import torch.nn.functional as F


class Head(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        return self.proj(x)


def attempt(label, action):
    try:
        print(label, "->", action())
    except Exception as error:
        print(f"{label} -> {type(error).__name__}: {str(error).splitlines()[0]}")


x = torch.ones(2, 3, 4)
attempt("linear", lambda: Head(5)(x))
attempt("matmul", lambda: x @ x)
attempt("mm", lambda: torch.mm(x[0], x[1]))
attempt("bmm", lambda: torch.bmm(x, x))
attempt("add", lambda: x + torch.ones(2, 2, 4))
attempt("view", lambda: x.view(5, -1))
attempt("view of transpose", lambda: x.transpose(1, 2).view(2, 12))
attempt("cat", lambda: torch.cat([x, torch.ones(2, 3)], dim=1))
attempt("dim", lambda: x.sum(dim=3))
attempt("squeeze", lambda: x.squeeze(1).shape)
attempt("expand", lambda: torch.ones(2, 3).expand(4, 3))
attempt("embedding", lambda: nn.Embedding(4, 2)(torch.tensor([4])))
attempt("float index", lambda: x[torch.tensor([0.5])])
attempt("item", lambda: x.item())
attempt("truth", lambda: bool(x))
attempt("split", lambda: x.split([1, 1], dim=1))
attempt("layer norm", lambda: nn.LayerNorm(5)(x))
attempt("gather", lambda: x.gather(1, torch.zeros(2, 3, 4)))
attempt("masked_fill", lambda: x.masked_fill(torch.ones(3, 3).bool(), 0))
attempt("softmax of integers", lambda: torch.arange(3).softmax(0))
attempt("mean of integers", lambda: torch.arange(3).mean())
attempt("multinomial", lambda: torch.multinomial(torch.tensor([0.0, 0.0]), 1))
attempt("attribute", lambda: Head(4).weight)
attempt("method", lambda: x.no_such_method())
attempt("function", lambda: torch.no_such_function(x))
attempt("argument", lambda: Head(4).forward())
attempt("keyword", lambda: nn.Linear(2, 2, biases=True))
attempt("dtype", lambda: torch.ones(2) @ torch.ones(2, dtype=torch.long))
attempt("in place on a leaf", lambda: nn.Parameter(torch.ones(2)).add_(1))
attempt("list of a parameter", lambda: nn.Parameter(torch.ones(2)).tolist())
attempt("chunk", lambda: [c.shape for c in x.chunk(3, dim=-1)])
attempt("stack", lambda: torch.stack([x[0], x[0, 0]]))
attempt("heads", lambda: x.view(2, 3, 3, 4 // 3))
attempt("load", lambda: nn.Linear(2, 2).load_state_dict({"weight": torch.ones(2, 2)}))
attempt("attention", lambda: F.scaled_dot_product_attention(x, x[:, :, :3], x))
attempt("cross entropy", lambda: F.cross_entropy(x[0], torch.tensor([0, 1])))

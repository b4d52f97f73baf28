# Norms and gates of half precision round once; the RMS norm of ones is ones.
import torch
import torch.nn as nn
import torch.nn.functional as F

print(F.rms_norm(torch.ones(3), (3,)), nn.RMSNorm(4)(torch.full((1, 4), -2.0)))

torch.manual_seed(0)
x = torch.randn(4, 16)
for dtype in (torch.bfloat16, torch.float16):
    narrow = x.to(dtype)
    print(narrow.norm(dim=-1), narrow.norm(), torch.linalg.vector_norm(narrow, dim=0)[:4])
    print(narrow.norm(p=1, dim=-1), narrow.norm(p=3, dim=-1), narrow.norm(float("inf")))
    print(F.normalize(narrow, dim=-1)[0, :8])
    print(F.glu(narrow)[0])
    print(F.glu(narrow, dim=0)[0, :6])


class L2Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = dim**0.5
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return F.normalize(x, dim=-1) * self.scale * self.gamma


print(L2Norm(16).bfloat16()(x.bfloat16())[0])

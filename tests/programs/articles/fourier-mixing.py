# Mixing tokens without attention: FNet's transforms, a long convolution by FFT, and resized position embeddings.
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class FNetBlock(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.ff = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))

    def forward(self, x):
        x = self.norm1(x + torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real)
        return self.norm2(x + self.ff(x))


x = torch.randn(1, 6, 4)
print(FNetBlock(4, 8)(x))
print(torch.allclose(torch.fft.fft2(x).real, torch.fft.fft(torch.fft.fft(x).transpose(1, 2)).transpose(1, 2).real, atol=1e-5))


def fft_conv(u, k):
    length = u.size(-1)
    spectrum = torch.fft.rfft(u, n=2 * length) * torch.fft.rfft(k, n=2 * length)
    return torch.fft.irfft(spectrum, n=2 * length)[..., :length]


u, k = torch.randn(2, 3, 8), torch.randn(3, 8)
y = fft_conv(u, k)
direct = torch.stack([(u[..., : t + 1] * k[:, : t + 1].flip(-1)).sum(-1) for t in range(8)], -1)
print(y[0], torch.allclose(y, direct, atol=1e-5), sep="\n")

signal = torch.sin(2 * torch.pi * torch.arange(16) / 8) + 0.5
spectrum = torch.fft.rfft(signal, norm="forward")
print(spectrum.abs().round(decimals=3), torch.fft.rfftfreq(16)[:4], torch.fft.fftfreq(5))
print(torch.fft.fft(torch.tensor([1.0, 2.0, 3.0, 5.0])), torch.fft.fftshift(torch.arange(5)))
w = torch.randn(4, requires_grad=True)
print(torch.fft.irfft(torch.fft.rfft(w)), torch.fft.rfft(w))

positions = torch.randn(1, 1 + 9, 4)
grid = positions[:, 1:].reshape(1, 3, 3, 4).permute(0, 3, 1, 2)
grid = F.interpolate(grid, size=(4, 5), mode="bicubic", align_corners=False)
print(torch.cat((positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, -1, 4)), dim=1)[0, :5])
print(F.interpolate(grid, size=(2, 2), mode="area")[0, 0])

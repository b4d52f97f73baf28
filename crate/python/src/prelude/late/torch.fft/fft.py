# torch.fft: discrete Fourier transforms as products with their matrix, in float64 and rounded once.
import math

import torch


def _scale(n, norm, inverse):
    if norm not in (None, "backward", "forward", "ortho"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    return math.sqrt(n) if norm == "ortho" else n if (norm == "forward") != inverse else 1


def _sized(part, n):
    length = part.size(-1)
    return part[..., :n] if n <= length else torch.nn.functional.pad(part, (0, n - length))


def _transformed(input, n, dim, norm, inverse, name):
    # The transform along the last dimension but that of the two parts.
    is_complex = torch.is_complex(input)
    parts = [input.real, input.imag] if is_complex else [input]
    parts = [part if part.is_floating_point() else part.float() for part in parts]
    dtype, name = parts[0].dtype, name if is_complex else "FftR2CBackward0"
    n = parts[0].size(dim) if n is None else n
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")
    parts = [_sized(part.transpose(dim, -1), n).double() for part in parts]
    turns = (torch.arange(n).unsqueeze(1) * torch.arange(n) % n).double() * (2 * math.pi / n)
    cosine, sine = torch.cos(turns), torch.sin(turns) * (1 if inverse else -1)
    real, imag = parts[0] @ cosine, parts[0] @ sine
    if is_complex:
        real, imag = real - parts[1] @ sine, imag + parts[1] @ cosine
    # What float64 cannot tell from zero is zero.
    noise = 1e-15 * n * max([float(part.abs().max()) for part in parts])
    scale = _scale(n, norm, inverse)
    both = torch.stack([torch.where(part.abs() <= noise, 0.0, part / scale) for part in (real, imag)], -1)
    return both.to(dtype), name


def _complex(both, name, dim):
    dim = dim % (both.dim() - 1)
    return torch.view_as_complex(torch._with_gradient_name(both.transpose(dim, -2).contiguous(), name))


def fft(input, n=None, dim=-1, norm=None, *, out=None):
    return _complex(*_transformed(input, n, dim, norm, False, "FftC2CBackward0"), dim)


def ifft(input, n=None, dim=-1, norm=None, *, out=None):
    return _complex(*_transformed(input, n, dim, norm, True, "FftC2CBackward0"), dim)


def rfft(input, n=None, dim=-1, norm=None, *, out=None):
    if torch.is_complex(input):
        raise RuntimeError("rfft expects a real input tensor, but got ComplexFloat")
    both, name = _transformed(input, n, dim, norm, False, "FftR2CBackward0")
    return _complex(both[..., : both.size(-2) // 2 + 1, :], name, dim)


def irfft(input, n=None, dim=-1, norm=None, *, out=None):
    # The half that a real signal's transform leaves out is the other, mirrored and conjugated.
    real, imag = (input.real, input.imag) if torch.is_complex(input) else (input, torch.zeros_like(input))
    n = 2 * (real.size(dim) - 1) if n is None else n
    real, imag = [_sized(part.transpose(dim, -1), n // 2 + 1) for part in (real, imag)]
    mirrored = list(range((n - 1) // 2, 0, -1))
    imag = imag * torch.tensor([0.0] + [1.0] * (n // 2 - (n % 2 == 0)) + [0.0] * (n % 2 == 0 and n > 1), dtype=imag.dtype)
    whole = torch.complex(torch.cat((real, real[..., mirrored]), -1), torch.cat((imag, -imag[..., mirrored]), -1))
    both, name = _transformed(whole, n, -1, norm, True, "FftC2RBackward0")
    return torch._with_gradient_name(both.select(-1, 0).transpose(dim, -1), name)


def _along(function):
    def transform(input, s=None, dim=None, norm=None):
        dims = list(range(input.dim())) if dim is None else list(dim)
        for position, each in enumerate(dims):
            input = function(input, None if s is None else s[position], each, norm)
        return input

    return transform


fftn, ifftn = _along(fft), _along(ifft)


def fft2(input, s=None, dim=(-2, -1), norm=None):
    return fftn(input, s, dim, norm)


def ifft2(input, s=None, dim=(-2, -1), norm=None):
    return ifftn(input, s, dim, norm)


def fftfreq(n, d=1.0, **options):
    return torch.cat((torch.arange(0, (n - 1) // 2 + 1), torch.arange(-(n // 2), 0))) / (n * d)


def rfftfreq(n, d=1.0, **options):
    return torch.arange(0, n // 2 + 1) / (n * d)


def _dims(input, dim):
    return list(range(input.dim())) if dim is None else [dim] if isinstance(dim, int) else list(dim)


def fftshift(input, dim=None):
    dims = _dims(input, dim)
    return torch.roll(input, [input.size(each) // 2 for each in dims], dims)


def ifftshift(input, dim=None):
    dims = _dims(input, dim)
    return torch.roll(input, [-(input.size(each) // 2) for each in dims], dims)

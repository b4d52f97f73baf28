# Complex numbers of Python beside complex tensors: rotary embeddings and Fourier features are often written with 1j.
import cmath
import torch
z = 1 + 2j
print(z, 2j, -1j, z * z, z / (3 - 1j), abs(3 + 4j), z.conjugate(), z.real, z.imag, 1j ** 2, z == 1 + 2j, (2+0j) == 2)
print(type(z), isinstance(z, complex), isinstance(1.0, complex), complex(1, 2), complex(3), f"{z}", f"{z:.2f}", [1j, 0.5 - 0.25j], bool(0j), 1.5e-3j, 0j)
theta = torch.tensor([0.0, 0.5, 1.0])
f = torch.exp(1j * theta)
print(f, f.dtype, f.shape)
print(theta * 2j + 1, (1 + 1j) * f, f * 1j, f - 1j, f / 2j, 1 / f)
print(torch.exp(-2j * torch.pi * torch.arange(4) / 4))
print(cmath.exp(1j * cmath.pi).real, cmath.phase(1j), cmath.polar(3 + 4j), cmath.sqrt(-1))
pos = torch.arange(3).float()
inv = 1.0 / 10000 ** (torch.arange(0, 4, 2) / 4)
rot = torch.exp(1j * torch.outer(pos, inv))
x = torch.arange(12.0).view(3, 4)
xc = torch.view_as_complex(x.view(3, 2, 2))
print(torch.view_as_real(xc * rot).flatten(1))
print(f[1].item(), torch.angle(f), f.real, f.imag)
double = torch.arange(3, dtype=torch.float64) * 1j
print(double)
try:
    1j / 0
except ZeroDivisionError as error:
    print(error)
try:
    1j < 2
except TypeError as error:
    print(error)
roots = [round((cmath.exp(2j * cmath.pi * k / 3)).real, 6) for k in range(3)]
print(roots, sum([1j, 2, 3.5]), {1j: "a"}[1j], (1 + 1j) ** 0.5, 2 ** 1j)
print(type(bytearray(b"a")), (1 + 2j).__class__.__name__, isinstance(f, torch.Tensor), torch.tensor(2.0) * 1j)

"""Records how PyTorch prints tensors: python printed.py > printed.txt

A case is a header line, the printed lines and an empty line that starts with `=`.
The header is dtype, shape, options and suffixes as words, then `|` and the values (floats as float.hex).
"""
import random

import torch

random.seed(3)
DEFAULT = dict(precision=4, threshold=1000, edgeitems=3, linewidth=80, sci_mode=None)


def case(tensor, options=None, *, record=False):
    options = DEFAULT | (options or {})
    torch.set_printoptions(**options)
    words = [str(tensor.dtype)[6:], "x".join(map(str, tensor.shape)) or "()"]
    words += [f"{name}={value}" for name, value in options.items() if value != DEFAULT[name]]
    if tensor.grad_fn is not None:
        words.append(f"grad_fn={tensor.grad_fn.name()}")
    elif tensor.requires_grad:
        words.append("requires_grad")
    if tensor.is_meta:
        words.append("meta")
        values = []
    else:
        values = tensor.detach().flatten().tolist()
    text = repr(tensor)
    print(*words, "|", *[v.hex() if isinstance(v, float) else int(v) for v in values])
    print(text)
    print("=")


def floats(shape, dtype):
    kind = random.randrange(8)
    if kind == 0:
        t = torch.randn(shape)
    elif kind == 1:
        t = torch.randn(shape) * 10.0 ** random.randint(-6, 9)
    elif kind == 2:
        t = torch.randn(shape) * 10.0 ** (torch.rand(shape) * random.choice([2, 3, 4, 12]) - random.choice([0, 3, 6]))
    elif kind == 3:
        t = torch.randint(-20, 1500, shape).float()
    elif kind == 4:
        t = torch.randint(-2, 3, shape) * 10.0 ** random.randint(0, 10)
    elif kind == 5:
        t = torch.rand(shape).softmax(-1) if shape else torch.rand(shape)
    elif kind == 6:
        t = torch.randint(0, 5, shape) / 4
    else:
        t = torch.randn(shape).where(torch.rand(shape) > 0.3, torch.tensor(0.0))
    if random.random() < 0.3 and shape:
        t = t.masked_fill(torch.rand(shape) < 0.2, random.choice([float("inf"), float("-inf"), float("nan"), -0.0]))
    return t.to(dtype)


torch.manual_seed(3)
SHAPES = [(), (1,), (3,), (13,), (40,), (2, 3), (3, 1), (5, 7), (2, 2, 3), (1, 3, 2, 2), (2, 21), (1, 1), (4, 12)]
for i in range(130):
    shape = random.choice(SHAPES)
    dtype = random.choice([torch.float32] * 4 + [torch.float64, torch.float16, torch.bfloat16])
    options = {}
    if random.random() < 0.25:
        options["precision"] = random.choice([0, 1, 2, 3, 6, 8])
    if random.random() < 0.15:
        options["sci_mode"] = random.choice([True, False])
    if random.random() < 0.2:
        options |= dict(threshold=random.choice([0, 5, 10]), edgeitems=random.choice([0, 1, 2, 3]))
    if random.random() < 0.1:
        options["linewidth"] = random.choice([20, 40, 120])
    t = floats(shape, dtype)
    if random.random() < 0.2:
        t.requires_grad_()
    elif random.random() < 0.2:
        t = t.requires_grad_().view(*shape) if shape else t.requires_grad_().neg()
    case(t, options)
for dtype in [torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool]:
    for shape in [(), (4,), (3, 4), (2, 30), (2, 2, 2)]:
        t = torch.randint(0, 2, shape) if dtype == torch.bool else torch.randint(-100 if dtype != torch.uint8 else 0, 100, shape)
        case(t.to(dtype), random.choice([{}, {}, dict(threshold=5, edgeitems=1)]))
for shape in [(0,), (0, 3), (2, 0), (1, 0, 4)]:
    for dtype in [torch.float32, torch.int64, torch.bool, torch.float16]:
        case(torch.empty(shape, dtype=dtype))
for shape in [(), (2,), (2, 3)]:
    for dtype in [torch.float32, torch.int64, torch.bfloat16]:
        case(torch.empty(shape, dtype=dtype, device="meta"))
case(torch.empty(2, 3, device="meta", requires_grad=True))
case(torch.arange(1001))
case(torch.arange(1000), dict(threshold=999))
case(torch.arange(1200.0).view(12, 100))
case(torch.zeros(3, 4) - 0.0)
case(torch.tensor([float("nan"), float("inf")]))
case(torch.tensor([1000.0, 1.0, 0.9999]))
case(torch.tensor([0.1, 100.0]))
case(torch.tensor([0.1, 100.1]))

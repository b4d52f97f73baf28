"""Prints pytorch.txt: what real PyTorch gives for functions and operators whose edges matter.

    python pytorch.py > pytorch.txt

One call a line: operation, element type, then its inputs and its output, each a list of numbers.
"""

import torch
import torch.nn.functional as F

torch.manual_seed(0)
EDGES = [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-6, -1e-6, 3.0, -3.0, 19.5, 20.5, -20.5, 88.0, -90.0, float("inf"), float("-inf"), float("nan")]

UNARY = {
    "neg": torch.neg, "abs": torch.abs, "sign": torch.sign, "floor": torch.floor, "ceil": torch.ceil, "round": torch.round,
    "trunc": torch.trunc, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "reciprocal": torch.reciprocal, "square": torch.square,
    "exp": torch.exp, "exp2": torch.exp2, "expm1": torch.expm1, "log": torch.log, "log2": torch.log2, "log10": torch.log10,
    "log1p": torch.log1p, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
    "relu": torch.relu, "silu": F.silu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "softplus": F.softplus, "erf": torch.erf,
}
BINARY = {
    "div": torch.div, "floor_divide": torch.floor_divide, "remainder": torch.remainder, "pow": torch.pow,
    "max": torch.maximum, "min": torch.minimum, "atan2": torch.atan2,
}
INTEGER = {
    "floor_divide": torch.floor_divide, "remainder": torch.remainder, "pow": torch.pow, "mul": torch.mul,
    "bitwise_left_shift": torch.bitwise_left_shift, "bitwise_right_shift": torch.bitwise_right_shift,
}


def line(name, dtype, *tensors):
    print(f"{name} {str(dtype).removeprefix('torch.')} : " + " : ".join(" ".join(repr(v) for v in t.tolist()) for t in tensors))


for dtype in (torch.float32, torch.float64, torch.bfloat16, torch.float16):
    x = torch.cat([torch.tensor(EDGES), torch.randn(20) * 3]).to(dtype)
    for name, function in UNARY.items():
        line(name, dtype, x, function(x))
    # A sample of all pairs: the step shares no factor with the number of edges.
    a = x.repeat_interleave(len(EDGES))[:: 5 if dtype == torch.float32 else 17]
    b = torch.tensor(EDGES).to(dtype).repeat(len(x))[:: 5 if dtype == torch.float32 else 17]
    for name, function in BINARY.items():
        line(name, dtype, a, b, function(a, b))

for dtype in (torch.int64, torch.int32, torch.int8):
    values = torch.tensor([7, -7, 1, -1, 3, 100, -128, 63])
    a = values.repeat_interleave(len(values)).to(dtype)
    b = values.repeat(len(values)).to(dtype)
    for name, function in INTEGER.items():
        if "shift" in name and dtype != torch.int64:
            continue
        line(name, dtype, a, b, function(a, b))

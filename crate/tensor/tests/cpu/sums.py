"""Prints sums.txt: sums, means and softmaxes of PyTorch on a CPU, to the last bit (their order of addition shows there).

    python sums.py > sums.txt

One call a line: operation, shape (the dimension reduced is the second), then the float32 results.
"""

import torch


def cells(*shape):
    count = torch.Size(shape).numel()
    return (((torch.arange(count) * 7919) % 1000).float() / 250 - 1.3).view(shape)


for name, function in (("sum", torch.sum), ("mean", torch.mean), ("softmax", torch.softmax)):
    for shape in ((2, 3, 1), (2, 7, 1), (2, 8, 1), (3, 40, 1), (1, 700, 1), (1, 5000, 1), (1, 9, 3), (2, 40, 6), (1, 100, 13), (1, 37, 45)):
        if name == "softmax" and (shape[2] > 1 or shape[1] > 50):
            continue
        result = function(cells(*shape).squeeze(-1) if shape[2] == 1 else cells(*shape), dim=1)
        print(name, *shape, ":", *result.flatten().tolist())

# What PyTorch's counter of FLOPs counts: matrix products, convolutions and attention; products with vectors it passes over.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode


def counted(function, *args, **kwargs):
    with FlopCounterMode(display=False) as counter:
        function(*args, **kwargs)
    return counter.get_total_flops()


torch.manual_seed(0)
a, b, v = torch.randn(4, 5), torch.randn(5, 6), torch.randn(5)
stack = torch.randn(2, 4, 5)
print("matrices", counted(torch.matmul, a, b))
print("matrix and vector", counted(torch.matmul, a, v), counted(torch.matmul, v, b), counted(torch.dot, v, v))
print("stacks", counted(torch.matmul, stack, b), counted(torch.bmm, stack, stack.transpose(1, 2)), counted(torch.matmul, torch.randn(3, 4), stack))
print("stack and vector", counted(torch.matmul, stack, v), counted(torch.matmul, stack.transpose(0, 1), v))
print("linear", counted(F.linear, a, b.T), counted(F.linear, v, b.T, torch.randn(6)), counted(nn.Linear(5, 6), stack))
print("einsum", counted(torch.einsum, "ij,jk->ik", a, b), counted(torch.einsum, "ij,ij->i", a, a), counted(torch.einsum, "i,j->ij", v, v))
print("convolution", counted(F.conv1d, torch.randn(1, 4, 10), torch.randn(4, 1, 3), groups=4))
print("convolution with bias", counted(F.conv1d, torch.randn(2, 4, 10), torch.randn(6, 4, 3), torch.randn(6), padding=1))
print("cellwise", counted(torch.mul, a, a), counted(torch.softmax, a, -1), counted(torch.cumsum, a, 0))

q, k, narrow = torch.randn(1, 4, 7, 8), torch.randn(1, 2, 7, 8), torch.randn(1, 4, 7, 6)
attention = F.scaled_dot_product_attention
print("attention", counted(attention, q, q, q), counted(attention, q, q, q, is_causal=True), counted(attention, q, q, narrow))
print("grouped attention", counted(attention, q, k, k, enable_gqa=True))
print("a module", counted(nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(1, 4, 8), torch.randn(1, 4, 8), torch.randn(1, 4, 8)))

counter = FlopCounterMode(display=False)
with counter:
    a @ b
    print("inside", counter.get_total_flops())
    a @ b
print("after", counter.get_total_flops())

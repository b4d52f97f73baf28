# torch.overrides: no class of a program takes part in torch's functions here.
import torch


def has_torch_function(relevant_args):
    return False


has_torch_function_unary = has_torch_function


def has_torch_function_variadic(*relevant_args):
    return False


def is_tensor_like(inp):
    return isinstance(inp, torch.Tensor)

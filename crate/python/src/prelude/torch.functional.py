# The functions of `torch` that are composed of others. Those marked `@_method` are methods of tensors as well.
#
# This is a module of its own because in `torch` the names `max`, `sum`, `int` and their like are torch's.
import math

import torch

_named = torch._with_gradient_name


def _function(function):
    setattr(torch, function.__name__, function)
    return function


def _method(function):
    return _function(torch._method(function))


def _floating(input):
    return input if input.is_floating_point() else input.to(torch.get_default_dtype())


# Of real tensors, as all are until `late/torch._complex` puts others in their places.
@_method
def is_complex(input):
    return False


@_method
def conj(input):
    return input


@_method
def real(input):
    return input

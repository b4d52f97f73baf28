# torch.jit: there is one engine, so that a scripted function is the function.
import typing

import torch


def script(obj=None, *args, **kwargs):
    return obj


def trace(func, example_inputs=None, *args, **kwargs):
    return func


def ignore(function=None, **kwargs):
    return (lambda decorated: decorated) if function is None else function


export = unused = ignore


def is_scripting():
    return False


def is_tracing():
    return False


def annotate(the_type, the_value):
    return the_value


class ScriptModule(torch.nn.Module):
    pass


script_method = ignore
Final = typing.Final

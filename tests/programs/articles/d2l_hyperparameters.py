"""d2l.ai's classes: save_hyperparameters looks into its caller's frame, and inspect tells what a layer takes."""
import collections
import inspect
import math

import torch
from torch import nn


def add_to_class(Class):
    """Register functions as methods in created class."""
    def wrapper(obj):
        setattr(Class, obj.__name__, obj)
    return wrapper


class HyperParameters:
    """The base class of hyperparameters."""
    def save_hyperparameters(self, ignore=[]):
        """Save function arguments into class attributes."""
        frame = inspect.currentframe().f_back
        _, _, _, local_vars = inspect.getargvalues(frame)
        self.hparams = {k: v for k, v in local_vars.items()
                        if k not in set(ignore + ['self']) and not k.startswith('_')}
        for k, v in self.hparams.items():
            setattr(self, k, v)


class Module(nn.Module, HyperParameters):
    """The base class of models."""
    def __init__(self, plot_train_per_epoch=2, plot_valid_per_epoch=1):
        super().__init__()
        self.save_hyperparameters()

    def forward(self, X):
        assert hasattr(self, 'net'), 'Neural network is defined'
        return self.net(X)


def masked_softmax(X, valid_lens):
    if valid_lens is None:
        return nn.functional.softmax(X, dim=-1)
    shape = X.shape
    valid_lens = torch.repeat_interleave(valid_lens, shape[1]) if valid_lens.dim() == 1 else valid_lens.reshape(-1)
    X = X.reshape(-1, shape[-1])
    mask = torch.arange(X.size(1))[None, :] < valid_lens[:, None]
    X[~mask] = -1e6
    return nn.functional.softmax(X.reshape(shape), dim=-1)


class DotProductAttention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)

    def forward(self, queries, keys, values, valid_lens=None):
        d = queries.shape[-1]
        scores = torch.bmm(queries, keys.transpose(1, 2)) / math.sqrt(d)
        self.attention_weights = masked_softmax(scores, valid_lens)
        return torch.bmm(self.dropout(self.attention_weights), values)


class MultiHeadAttention(Module):
    def __init__(self, num_hiddens, num_heads, dropout=0.5, bias=False, **kwargs):
        super().__init__()
        self.save_hyperparameters(ignore=['kwargs'])
        self.attention = DotProductAttention(dropout)
        self.W_q = nn.LazyLinear(num_hiddens, bias=bias)
        self.W_o = nn.LazyLinear(num_hiddens, bias=bias)


@add_to_class(MultiHeadAttention)
def transpose_qkv(self, X):
    X = X.reshape(X.shape[0], X.shape[1], self.num_heads, -1).permute(0, 2, 1, 3)
    return X.reshape(-1, X.shape[2], X.shape[3])


@add_to_class(MultiHeadAttention)
def forward(self, queries, keys, values, valid_lens):
    q, k, v = (self.transpose_qkv(self.W_q(X)) for X in (queries, keys, values))
    if valid_lens is not None:
        valid_lens = torch.repeat_interleave(valid_lens, repeats=self.num_heads, dim=0)
    output = self.attention(q, k, v, valid_lens)
    output = output.reshape(-1, self.num_heads, output.shape[1], output.shape[2]).permute(0, 2, 1, 3)
    return self.W_o(output.reshape(output.shape[0], output.shape[1], -1))


torch.manual_seed(0)
attention = MultiHeadAttention(num_hiddens=8, num_heads=2).eval()
print(attention.hparams, attention.num_heads, attention.plot_train_per_epoch)
X = torch.randn(2, 3, 8)
print(attention(X, X, X, torch.tensor([2, 3])))
print(attention.attention.attention_weights[0])

signature = inspect.signature(MultiHeadAttention.__init__)
for name, parameter in signature.parameters.items():
    print(name, parameter.kind, "required" if parameter.default is inspect.Parameter.empty else parameter.default)
config = dict(num_hiddens=16, num_heads=4, lr=0.1, dropout=0.0)
accepted = {k: v for k, v in config.items() if k in inspect.signature(MultiHeadAttention).parameters}
print(accepted, inspect.signature(masked_softmax), inspect.getfullargspec(attention.forward).args)
print(inspect.isfunction(masked_softmax), inspect.ismethod(attention.forward), inspect.isclass(Module), inspect.isfunction(len))
print([name for name, _ in inspect.getmembers(HyperParameters, inspect.isfunction)])
print(collections.Counter(name.split(".")[0] for name, _ in attention.named_parameters()))


def caller_name():
    return inspect.stack()[1].function, inspect.currentframe().f_code.co_name


def outer():
    return caller_name()


print(outer())

# einops as layers of PyTorch.
import string

import einops.layers
import torch
from einops import EinopsError, _apply, _Expression, _groups, _recipe


class _Layer(torch.nn.Module):
    def __init__(self, pattern, reduction, axes_lengths):
        super().__init__()
        self.pattern, self.reduction, self.axes_lengths = pattern, reduction, axes_lengths
        # A wrong pattern is refused before there is an input.
        try:
            left = _Expression(pattern.split("->")[0])
            self._recipe(len(left.composition))
        except EinopsError as error:
            raise EinopsError(f" Error while preparing {self!r}\n {error}") from None

    def _recipe(self, ndim):
        return _recipe(self.pattern, self.reduction, tuple(self.axes_lengths), ndim)

    def forward(self, input):
        return _apply(self._recipe(input.ndim), input, self.reduction, self.axes_lengths)

    def __repr__(self):
        parts = [repr(self.pattern)] + ([] if self.reduction == "rearrange" else [repr(self.reduction)])
        parts += [f"{axis}={length}" for axis, length in self.axes_lengths.items()]
        return f"{type(self).__name__}({', '.join(parts)})"


class Rearrange(_Layer):
    def __init__(self, pattern, **axes_lengths):
        super().__init__(pattern, "rearrange", axes_lengths)


class Reduce(_Layer):
    def __init__(self, pattern, reduction, **axes_lengths):
        super().__init__(pattern, reduction, axes_lengths)


def _flat(expression):
    return " ".join(["..." if axis == "…" else axis for group in expression.composition for axis in group])


def _report(axes, message):
    if axes:
        raise EinopsError(message.format(axes))


class EinMix(torch.nn.Module):
    def __init__(self, pattern, weight_shape, bias_shape=None, **axes_lengths):
        super().__init__()
        self.pattern, self.weight_shape, self.bias_shape, self.axes_lengths = pattern, weight_shape, bias_shape, axes_lengths
        ours, theirs = pattern.split("->")
        left, right, weight = _Expression(ours), _Expression(theirs), _Expression(weight_shape)
        _report(right.identifiers - left.identifiers - weight.identifiers, "Unrecognized identifiers on the right side of EinMix {}")
        if left.anonymous or right.anonymous or weight.anonymous:
            raise EinopsError("Anonymous axes (numbers) are not allowed in EinMix")
        if "(" in weight_shape or ")" in weight_shape:
            raise EinopsError(f"Parenthesis is not allowed in weight shape: {weight_shape}")
        self.pre_rearrange = self.post_rearrange = None
        if any([len(group) != 1 for group in left.composition]):
            lengths = {name: length for name, length in axes_lengths.items() if name in left.identifiers}
            self.pre_rearrange = Rearrange(f"{ours}-> {_flat(left)}", **lengths)
        grouped = any([len(group) != 1 for group in right.composition]) or right.parenthesized
        for axis in weight.identifiers:
            if axis not in axes_lengths:
                raise EinopsError(f"Dimension {axis} of weight should be specified")
        _report(set(axes_lengths) - left.identifiers - weight.identifiers, "Axes {} are not used in pattern")
        _report(weight.identifiers - left.identifiers - right.identifiers, "Weight axes {} are redundant")
        sizes = {axis: axes_lengths[axis] for (axis,) in weight.composition}
        fan_in = 1
        for axis, size in sizes.items():
            fan_in *= 1 if axis in right.identifiers else size
        bound = (3 / fan_in) ** 0.5
        self.weight = torch.nn.Parameter(torch.zeros(list(sizes.values())).uniform_(-bound, bound))
        self.bias = None
        if bias_shape is not None:
            bias = _Expression(bias_shape).identifiers
            _report(bias - right.identifiers, "Bias axes {} not present in output")
            _report(bias - set(axes_lengths), "Sizes not provided for bias axes {}")
            axes = [axis for group in right.composition for axis in group if axis != "…"]
            bound = (1 / fan_in) ** 0.5
            shape = [axes_lengths[axis] if axis in bias else 1 for axis in axes]
            self.bias = torch.nn.Parameter(torch.zeros(shape).uniform_(-bound, bound))
        if grouped:
            self.post_rearrange = Rearrange(f"{_flat(right)} ->{theirs}")
        names = sorted((left.identifiers | right.identifiers | weight.identifiers) - {"…"})
        letters = {"…": "...", **dict(zip(names, string.ascii_lowercase))}
        sides = ["".join([letters[axis] for group in side.composition for axis in group]) for side in (left, weight, right)]
        self.einsum_pattern = f"{sides[0]},{sides[1]}->{sides[2]}"

    def forward(self, input):
        if self.pre_rearrange is not None:
            input = self.pre_rearrange(input)
        result = torch.einsum(self.einsum_pattern, input, self.weight)
        if self.bias is not None:
            result += self.bias
        return result if self.post_rearrange is None else self.post_rearrange(result)

    def __repr__(self):
        parts = [repr(self.pattern), f"'{self.weight_shape}'"] + ([] if self.bias_shape is None else [f"'{self.bias_shape}'"])
        parts += [f"{axis}={length}" for axis, length in self.axes_lengths.items()]
        return f"EinMix({', '.join(parts)})"

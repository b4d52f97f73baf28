# einops 0.8 for tensors of PyTorch.
import string
from functools import lru_cache

import torch

__version__ = "0.8.2"
_ellipsis = "…"
_reductions = ("min", "max", "sum", "mean", "prod", "any", "all")


class EinopsError(RuntimeError):
    pass


class _AnonymousAxis:
    def __init__(self, value):
        self.value = int(value)
        if self.value < 1:
            raise EinopsError(f"Anonymous axis should have positive length, not {self.value}")

    def __repr__(self):
        return f"{self.value}-axis"


def _wrong_name(name, allow_underscore=False):
    if not name.isidentifier():
        return "not a valid python identifier"
    if (name[0] == "_" or name[-1] == "_") and not (name == "_" and allow_underscore):
        return "axis name should should not start or end with underscore"
    return ""


class _Expression:
    # One side of a pattern: groups of axes, and the ellipsis.
    def __init__(self, expression, allow_underscore=False, allow_duplicates=False):
        self.has_ellipsis, self.parenthesized, self.anonymous = "." in expression, None, False
        self.identifiers, self.composition = set(), []
        self.allowed, self.group = (allow_underscore, allow_duplicates), None
        if self.has_ellipsis:
            if "..." not in expression:
                raise EinopsError("Expression may contain dots only inside ellipsis (...)")
            if expression.count("...") != 1 or expression.count(".") != 3:
                raise EinopsError("Expression may contain dots only inside ellipsis (...); only one ellipsis for tensor ")
            expression = expression.replace("...", _ellipsis)
        current = ""
        for char in expression:
            if char in "() ":
                self._add(current)
                current = ""
                if char == "(":
                    if self.group is not None:
                        raise EinopsError("Axis composition is one-level (brackets inside brackets not allowed)")
                    self.group = []
                elif char == ")":
                    if self.group is None:
                        raise EinopsError("Brackets are not balanced")
                    self.composition.append(self.group)
                    self.group = None
            elif char.isalnum() or char in "_" + _ellipsis:
                current += char
            else:
                raise EinopsError(f"Unknown character '{char}'")
        if self.group is not None:
            raise EinopsError(f'Imbalanced parentheses in expression: "{expression}"')
        self._add(current)

    def _add(self, name):
        if not name:
            return
        allow_underscore, allow_duplicates = self.allowed
        if name in self.identifiers and not (allow_underscore and name == "_") and not allow_duplicates:
            raise EinopsError(f'Indexing expression contains duplicate dimension "{name}"')
        if name == _ellipsis:
            self.parenthesized = self.group is not None
        elif name.isdecimal():
            if int(name) == 1:
                # An axis of length 1 is an empty group, and nothing within one.
                if self.group is None:
                    self.composition.append([])
                return
            name, self.anonymous = _AnonymousAxis(name), True
        else:
            reason = _wrong_name(name, allow_underscore)
            if reason:
                raise EinopsError(f"Invalid axis identifier: {name}\n{reason}")
        self.identifiers.add(name)
        if self.group is not None:
            self.group.append(name)
        else:
            self.composition.append(name if name == _ellipsis else [name])


def _check(pattern, operation, names, left, right):
    if right.has_ellipsis and not left.has_ellipsis:
        raise EinopsError(f"Ellipsis found in right side, but not left side of a pattern {pattern}")
    if left.has_ellipsis and left.parenthesized:
        raise EinopsError(f"Ellipsis inside parenthesis in the left side is not allowed: {pattern}")
    ours, theirs = left.identifiers, right.identifiers
    if operation == "rearrange":
        if left.anonymous or right.anonymous:
            raise EinopsError("Non-unitary anonymous axes are not supported in rearrange (exception is length 1)")
        if ours ^ theirs:
            raise EinopsError(f"Identifiers only on one side of expression (should be on both): {ours ^ theirs}")
    elif operation == "repeat":
        if ours - theirs:
            raise EinopsError(f"Unexpected identifiers on the left side of repeat: {ours - theirs}")
        without_size = {axis for axis in theirs if not isinstance(axis, _AnonymousAxis)} - ours - set(names)
        if without_size:
            raise EinopsError(f"Specify sizes for new axes in repeat: {without_size}")
    elif operation in _reductions or callable(operation):
        if theirs - ours:
            raise EinopsError(f"Unexpected identifiers on the right side of reduce {operation}: {theirs - ours}")
    else:
        raise EinopsError(f"Unknown reduction {operation}. Expect one of {_reductions}.")


def _groups(expression, axes):
    groups = []
    for group in expression.composition:
        if group == _ellipsis:
            groups += [[axis] for axis in axes]
        else:
            groups.append([part for axis in group for part in (axes if axis == _ellipsis else [axis])])
    return groups


@lru_cache(256)
def _recipe(pattern, operation, names, ndim):
    ours, theirs = pattern.split("->")
    left, right = _Expression(ours), _Expression(theirs)
    _check(pattern, operation, names, left, right)
    axes, count = [], len(left.composition)
    if left.has_ellipsis:
        if ndim < count - 1:
            raise EinopsError(f"Wrong shape: expected >={count - 1} dims. Received {ndim}-dim tensor.")
        axes = [_ellipsis + str(i) for i in range(ndim - count + 1)]
    elif ndim != count:
        raise EinopsError(f"Wrong shape: expected {count} dims. Received {ndim}-dim tensor.")
    left, right = _groups(left, axes), _groups(right, axes)
    before, after = [axis for group in left for axis in group], [axis for group in right for axis in group]
    lengths = {axis: axis.value if isinstance(axis, _AnonymousAxis) else None for axis in before + after}
    for name in names:
        if _wrong_name(name):
            raise EinopsError("Invalid name for an axis", name)
        if name not in lengths:
            raise EinopsError(f"Axis {name} is not used in transform")
    for group in left:
        unknown = {axis for axis in group if lengths[axis] is None and axis not in names}
        if len(unknown) > 1:
            raise EinopsError(f"Could not infer sizes for {unknown}")
    reduced = [axis for axis in before if axis not in after]
    kept = [axis for axis in after if axis in before]
    order = [before.index(axis) for axis in kept + reduced]
    added = {i: axis for i, axis in enumerate(after) if axis not in before}
    return left, right, before, lengths, order, len(kept), added


def _reduced(tensor, operation, axes):
    if callable(operation):
        return operation(tensor, tuple(axes))
    if operation == "mean" and not tensor.is_floating_point():
        raise NotImplementedError("reduce_mean is not available for non-floating tensors")
    if operation in ("any", "all", "prod"):
        for axis in reversed(axes):
            tensor = getattr(tensor, operation)(dim=axis)
        return tensor
    return getattr(tensor, {"min": "amin", "max": "amax"}.get(operation, operation))(dim=tuple(axes))


def _apply(recipe, tensor, operation, sizes):
    left, right, before, lengths, order, first_reduced, added = recipe
    lengths = {**lengths, **sizes}
    for group, length in zip(left, tensor.shape):
        known, unknown = 1, None
        for axis in group:
            if lengths[axis] is None:
                unknown = axis
            elif len(group) == 1 and axis in sizes or len(group) > 1 or isinstance(axis, _AnonymousAxis):
                known *= lengths[axis]
        if unknown is not None:
            if length % known:
                raise EinopsError(f"Shape mismatch, can't divide axis of length {length} in chunks of {known}")
            lengths[unknown] = length // known
        elif length != known:
            raise EinopsError(f"Shape mismatch, {length} != {known}")
    if any([len(group) != 1 for group in left]):
        tensor = tensor.reshape([lengths[axis] for axis in before])
    if order != list(range(len(order))):
        tensor = tensor.permute(order)
    if first_reduced < len(order):
        tensor = _reduced(tensor, operation, range(first_reduced, len(order)))
    if added:
        repeats = [-1] * (tensor.ndim + len(added))
        for position, axis in added.items():
            tensor = tensor.unsqueeze(position)
            repeats[position] = lengths[axis]
        tensor = tensor.expand(repeats)
    if any([len(group) != 1 for group in right]):
        shape = []
        for group in right:
            shape.append(1)
            for axis in group:
                shape[-1] *= lengths[axis]
        tensor = tensor.reshape(shape)
    return tensor


def _tensor(value):
    if not isinstance(value, torch.Tensor):
        raise RuntimeError(f"Tensor type unknown to einops {type(value)}")
    return value


def reduce(tensor, pattern, reduction, **axes_lengths):
    try:
        if isinstance(tensor, list):
            if not tensor:
                raise TypeError("Rearrange/Reduce/Repeat can't be applied to an empty list")
            tensor = torch.stack([_tensor(part) for part in tensor])
        recipe = _recipe(pattern, reduction, tuple(axes_lengths), _tensor(tensor).ndim)
        return _apply(recipe, tensor, reduction, axes_lengths)
    except EinopsError as error:
        message = f' Error while processing {reduction}-reduction pattern "{pattern}".\n Input tensor shape: {tensor.shape}. '
        raise EinopsError(message + f"Additional info: {axes_lengths}.\n {error}") from None


def rearrange(tensor, pattern, **axes_lengths):
    return reduce(tensor, pattern, "rearrange", **axes_lengths)


def repeat(tensor, pattern, **axes_lengths):
    return reduce(tensor, pattern, "repeat", **axes_lengths)


def parse_shape(x, pattern):
    expression, shape = _Expression(pattern, allow_underscore=True), _tensor(x).shape
    if any([len(group) > 1 for group in expression.composition]):
        raise RuntimeError(f"Can't parse shape with composite axes: {pattern} {shape}")
    missing = len(shape) - len(expression.composition)
    if missing and not expression.has_ellipsis:
        raise RuntimeError(f"Can't parse shape with different number of dimensions: {pattern} {shape}")
    if missing < -1:
        raise RuntimeError(f"Can't parse shape with this number of dimensions: {pattern} {shape}")
    sizes = {}
    for group, length in zip(_groups(expression, ["_"] * (missing + 1)), shape):
        if not group and length != 1:
            raise RuntimeError(f"Length of axis is not 1: {pattern} {shape}")
        for axis in group:
            if isinstance(axis, _AnonymousAxis):
                if axis.value != length:
                    raise RuntimeError(f"Length of anonymous axis does not match: {pattern} {shape}")
            elif axis != "_":
                sizes[axis] = length
    return sizes


def _compact(expression, letters, pattern):
    compact = ""
    for group in expression.composition:
        if group == _ellipsis:
            compact += "..."
            continue
        if not group:
            raise NotImplementedError("Singleton () axes are not yet supported in einsum.")
        if len(group) > 1:
            raise NotImplementedError("Shape rearrangement is not yet supported in einsum.")
        if isinstance(group[0], _AnonymousAxis):
            raise NotImplementedError("Anonymous axes are not yet supported in einsum.")
        if group[0] not in letters:
            if pattern:
                raise EinopsError(f"Unknown axis {group[0]} on right side of einsum {pattern}.")
            if len(letters) >= len(string.ascii_letters):
                raise RuntimeError("Too many axes in einsum.")
            letters[group[0]] = string.ascii_letters[len(letters)]
        compact += letters[group[0]]
    return compact


@lru_cache(256)
def _einsum_pattern(pattern):
    if "->" not in pattern:
        raise ValueError("Einsum pattern must contain '->'.")
    lefts, right = pattern.split("->")
    lefts, letters = [_Expression(left, True, True) for left in lefts.split(",")], {}
    right = _Expression(right, True)
    return ",".join([_compact(left, letters, "") for left in lefts]) + "->" + _compact(right, letters, pattern)


def einsum(*tensors_and_pattern):
    if len(tensors_and_pattern) <= 1:
        raise ValueError("`einops.einsum` takes at minimum two arguments: the tensors (at least one), followed by the pattern.")
    *tensors, pattern = tensors_and_pattern
    if not isinstance(pattern, str):
        raise ValueError("The last argument passed to `einops.einsum` must be a string, representing the einsum pattern.")
    return torch.einsum(_einsum_pattern(pattern), *tensors)


def _around_star(pattern, operation):
    axes = pattern.split()
    if len(axes) != len(set(axes)):
        raise EinopsError(f'Duplicates in axes names in {operation}(..., "{pattern}")')
    if "*" not in axes:
        raise EinopsError(f'No *-axis in {operation}(..., "{pattern}")')
    for axis in axes:
        if axis != "*" and _wrong_name(axis):
            raise EinopsError(f'Invalid axis name {axis} in {operation}(..., "{pattern}")')
    return axes.index("*"), len(axes) - axes.index("*") - 1


def pack(tensors, pattern):
    before, after = _around_star(pattern, "pack")
    flat, shapes = [], []
    for i, tensor in enumerate(tensors):
        shape = _tensor(tensor).shape
        if len(shape) < before + after:
            raise EinopsError(
                f"packed tensor #{i} (enumeration starts with 0) has shape {shape}, "
                f"while pattern {pattern} assumes at least {before + after} axes"
            )
        end = len(shape) - after
        shapes.append(shape[before:end])
        flat.append(tensor.reshape((*shape[:before], -1, *shape[end:])))
    return torch.cat(flat, dim=before), shapes


def unpack(tensor, packed_shapes, pattern):
    before, after = _around_star(pattern, "unpack")
    shape = _tensor(tensor).shape
    if len(shape) != before + 1 + after:
        raise EinopsError(f"unpack(..., {pattern}) received input of wrong dim with shape {shape}")
    lengths = []
    for packed in packed_shapes:
        lengths.append(1)
        for length in packed:
            lengths[-1] *= length
        if -1 in packed:
            lengths[-1] = -1
    if lengths.count(-1) > 1:
        raise EinopsError(f"unpack(..., {pattern}) received more than one -1 in {packed_shapes} and can't infer dimensions")
    if -1 in lengths:
        lengths[lengths.index(-1)] = shape[before] - sum(lengths) - 1
    starts = [sum(lengths[:i]) for i in range(len(lengths))] + [shape[before]]
    try:
        parts = [tensor[(slice(None),) * before + (slice(start, stop),)] for start, stop in zip(starts, starts[1:])]
        return [part.reshape((*shape[:before], *packed, *shape[before + 1 :])) for part, packed in zip(parts, packed_shapes)]
    except Exception as error:
        raise EinopsError(
            f'Error during unpack(..., "{pattern}"): could not split axis of size {shape[before]} into requested {packed_shapes}'
        ) from error


def asnumpy(tensor):
    return tensor.numpy()

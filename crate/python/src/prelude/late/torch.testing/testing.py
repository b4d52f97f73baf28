# torch.testing.assert_close with the messages of PyTorch (torch/testing/_comparison.py).
import torch

_TOLERANCES = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
}


def _tolerances(dtypes, rtol, atol):
    if (rtol is None) != (atol is None):
        name, other = ("rtol", "atol") if atol is None else ("atol", "rtol")
        raise ValueError(f"rtol and atol must both be specified or both be unspecified, but got no {other} and {name}={rtol if atol is None else atol}.")
    if rtol is not None:
        return rtol, atol
    pairs = [_TOLERANCES.get(dtype, (0.0, 0.0)) for dtype in dtypes]
    return max([pair[0] for pair in pairs]), max([pair[1] for pair in pairs])


def _shown(index):
    return "(" + ", ".join([str(part) for part in index]) + ("," if len(index) == 1 else "") + ")"


def _place(position, shape):
    index = []
    for size in reversed(list(shape)):
        index.append(position % size)
        position //= size
    return _shown(index[::-1])


def _fail(message, msg, where):
    message += where
    if callable(msg):
        message = msg(message)
    elif msg is not None:
        message = msg
    raise AssertionError(message)


def _compare_tensors(actual, expected, rtol, atol, equal_nan, check_dtype, check_stride, msg, where):
    if actual.shape != expected.shape:
        _fail(f"The values for attribute 'shape' do not match: {actual.shape} != {expected.shape}.", msg, where)
    if check_dtype and actual.dtype != expected.dtype:
        _fail(f"The values for attribute 'dtype' do not match: {actual.dtype} != {expected.dtype}.", msg, where)
    if check_stride and actual.stride() != expected.stride():
        _fail(f"The values for attribute 'stride()' do not match: {actual.stride()} != {expected.stride()}.", msg, where)
    rtol, atol = _tolerances((actual.dtype, expected.dtype), rtol, atol)
    if actual.dtype != expected.dtype:
        common = torch.promote_types(actual.dtype, expected.dtype)
        actual, expected = actual.to(common), expected.to(common)
    close = torch.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if bool(close.all()):
        return
    exact = rtol == 0 and atol == 0
    if not actual.is_floating_point():
        actual, expected = actual.long(), expected.long()
    difference = (actual - expected).abs()
    relative = difference / expected.abs()
    limits = ("", "") if exact else (f" (up to {atol} allowed)", f" (up to {rtol} allowed)")
    if actual.dim() == 0:
        lines = [
            f"Scalars are not {'equal' if exact else 'close'}!\n",
            f"Expected {expected.item()} but got {actual.item()}.",
            f"Absolute difference: {difference.item()}{limits[0]}",
            f"Relative difference: {relative.item()}{limits[1]}",
        ]
        _fail("\n".join(lines), msg, where)
    wrong = actual.numel() - int(close.sum())
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!\n",
        f"Mismatched elements: {wrong} / {actual.numel()} ({wrong / actual.numel():.1%})",
    ]
    for name, values, limit in (("absolute", difference, limits[0]), ("relative", relative, limits[1])):
        # Where the two are close the difference does not count.
        values = torch.where(close, 0 if values.dtype == torch.int64 else 0.0, values).flatten()
        position = int(values.argmax())
        lines.append(f"Greatest {name} difference: {values[position].item()} at index {_place(position, actual.shape)}{limit}")
    _fail("\n".join(lines), msg, where)


def assert_close(
    actual,
    expected,
    *,
    allow_subclasses=True,
    rtol=None,
    atol=None,
    equal_nan=False,
    check_device=True,
    check_dtype=True,
    check_layout=True,
    check_stride=False,
    msg=None,
    _where="",
):
    options = dict(rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=check_dtype, check_stride=check_stride, msg=msg)
    if isinstance(actual, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(actual) != len(expected):
            _fail(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", msg, _where)
        for position, (a, b) in enumerate(zip(actual, expected)):
            assert_close(a, b, **options, _where=_where + f"\n\nThe failure occurred for item [{position}]")
    elif isinstance(actual, dict) and isinstance(expected, dict):
        if set(actual) != set(expected):
            missing = sorted([key for key in expected if key not in actual])
            extra = sorted([key for key in actual if key not in expected])
            lines = ["The keys of the mappings do not match:"]
            if missing:
                lines.append(f"Missing keys in the actual mapping: {missing}")
            if extra:
                lines.append(f"Additional keys in the actual mapping: {extra}")
            _fail("\n".join(lines), msg, _where)
        for key in expected:
            assert_close(actual[key], expected[key], **options, _where=_where + f"\n\nThe failure occurred for item [{key!r}]")
    elif isinstance(actual, torch.Tensor) and isinstance(expected, torch.Tensor):
        _compare_tensors(actual, expected, rtol, atol, equal_nan, check_dtype, check_stride, msg, _where)
    elif isinstance(actual, (int, float)) and isinstance(expected, (int, float)):
        dtypes = [torch.float64 if isinstance(value, float) else torch.int64 for value in (actual, expected)]
        a, b = torch.tensor(actual, dtype=dtypes[0]), torch.tensor(expected, dtype=dtypes[1])
        _compare_tensors(a, b, rtol, atol, equal_nan, False, False, msg, _where)
    elif isinstance(actual, torch.Tensor) or isinstance(expected, torch.Tensor):
        raise TypeError(
            f"Expected tensor-likes or numbers of one kind, but got {type(actual)} and {type(expected)}."
        )
    elif actual != expected:
        _fail(f"None mismatch: {actual} is not {expected}" if actual is None or expected is None else f"Object comparison failed: {actual!r} != {expected!r}", msg, _where)


def make_tensor(*shape, dtype, device="cpu", low=-9, high=9):
    size = shape[0] if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape
    return torch.empty(size, dtype=dtype, device=device).uniform_(low, high)

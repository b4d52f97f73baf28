import torch
from numpy import _axes, _out, _tensor, _wrap, asarray, sqrt
from numpy import sum as _sum


class LinAlgError(ValueError):
    pass


def norm(x, ord=None, axis=None, keepdims=False):
    x = asarray(x, None if asarray(x).dtype.kind == "f" else "float64")
    if ord is None or ord == 2 and (x.ndim == 1 or isinstance(axis, int)) or ord == "fro":
        flat = x._t.flatten()
        return sqrt(_sum(x * x, axis, keepdims=keepdims)) if axis is not None or keepdims else _out(torch.dot(flat, flat).sqrt())
    if axis is None and x.ndim == 2:
        return _out(torch.linalg.matrix_norm(x._t, ord, keepdim=keepdims))
    t, shape, _ = _axes(x._t, axis, keepdims)
    return _out(torch.linalg.vector_norm(t, ord, dim=-1).reshape(shape))


def _of_matrices(name):
    def function(a, *others, **options):
        tensors = [_tensor(x).double() if not _tensor(x).dtype.is_floating_point else _tensor(x) for x in (a, *others)]
        try:
            made = getattr(torch.linalg, name)(*tensors, **options)
        except RuntimeError as error:
            message = "Singular matrix" if "singular" in str(error) else str(error)
            raise LinAlgError(message) from None
        return tuple([_wrap(part) for part in made]) if isinstance(made, tuple) else _out(made)

    function.__name__ = name
    return function


def __getattr__(name):
    if name.startswith("__") or not hasattr(torch.linalg, name):
        raise AttributeError(f"module 'numpy.linalg' has no attribute '{name}'")
    return _of_matrices(name)

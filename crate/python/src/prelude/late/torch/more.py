# The rarer functions of `torch` that are no methods of tensors.
import math

def compile(model=None, **options):
    # There is one engine: compiling gives the program as it is.
    if model is None:
        return lambda function: function
    return model


def get_device(tensor):
    return -1


def tensordot(a, b, dims=2):
    # Contracts the last dimensions of `a` with the first of `b`, or the dimensions that two lists name.
    if isinstance(dims, int):
        left, right = list(range(a.dim() - dims, a.dim())), list(range(dims))
    else:
        left = [d % a.dim() for d in dims[0]]
        right = [d % b.dim() for d in dims[1]]
    rows = [d for d in range(a.dim()) if d not in left]
    columns = [d for d in range(b.dim()) if d not in right]
    inner = math.prod([a.size(d) for d in left])
    matrix = a.permute(*rows, *left).reshape(-1, inner) @ b.permute(*right, *columns).reshape(inner, -1)
    return matrix.reshape([a.size(d) for d in rows] + [b.size(d) for d in columns])


def cdist(x1, x2, p=2.0):
    # The distance of each row of x1 (.., N, D) from each row of x2 (.., M, D).
    return _with_gradient_name((x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, dim=-1), "CdistBackward0")

# Products of `torch` that are composed of others, and functions mapped over slices.


@_method
def addmv(input, mat, vec, *, beta=1, alpha=1):
    return _named(beta * input + alpha * (mat @ vec), "AddmvBackward0")


@_method
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    return _named(beta * input + alpha * torch.outer(vec1, vec2), "AddrBackward0")


@_method
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    return _named(beta * input + alpha * (batch1 @ batch2).sum(0), "AddbmmBackward0")


@_method
def ger(input, vec2):
    return torch.outer(input, vec2)


@_method
def vdot(input, other):
    return torch.dot(input, other)


@_method
def kron(input, other):
    rank = max(input.dim(), other.dim())
    a = input.reshape([1] * (rank - input.dim()) + list(input.shape))
    b = other.reshape([1] * (rank - other.dim()) + list(other.shape))
    wide = [n for size in a.shape for n in (size, 1)]
    tall = [n for size in b.shape for n in (1, size)]
    return (a.reshape(wide) * b.reshape(tall)).reshape([m * n for m, n in zip(a.shape, b.shape)])


@_method
def cross(input, other, dim=None):
    if dim is None:
        dim = [size for size in input.shape].index(3)
    first, second = input.roll(-1, dim), other.roll(-1, dim)
    return _named((input * second - first * other).roll(-1, dim), "LinalgCrossBackward0")


@_function
def chain_matmul(*matrices):
    result = matrices[0]
    for matrix in matrices[1:]:
        result = result @ matrix
    return result


@_method
def matrix_power(input, n):
    if n < 0:
        return torch.linalg.inv(input).matrix_power(-n)
    result = torch.eye(input.size(-1), dtype=input.dtype).expand(input.shape)
    square = input
    while n > 0:
        if n % 2 == 1:
            result = result @ square
        n //= 2
        if n > 0:
            square = square @ square
    return result


@_method
def sum_to_size(input, *size):
    shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
    while input.dim() > len(shape):
        input = input.sum(0)
    for dim, length in enumerate(shape):
        if length == 1:
            input = input.sum(dim, keepdim=True)
    return input


@_method
def inverse(input):
    return torch.linalg.inv(input)


@_method
def det(input):
    return torch.linalg.det(input)


@_function
def logdet(input):
    return torch.log(det(input))


@_function
def slogdet(input):
    return torch._returned("slogdet", ["sign", "logabsdet"], torch.linalg.slogdet(input))

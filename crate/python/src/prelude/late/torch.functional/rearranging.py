# Functions of `torch` that give the same cells elsewhere, composed of others.


@_method
def argwhere(input):
    return input.nonzero()


@_method
def fliplr(input):
    return input.flip(1)


@_method
def flipud(input):
    return input.flip(0)


@_method
def rot90(input, k=1, dims=(0, 1)):
    first, second = dims
    turns = k % 4
    if turns == 1:
        return input.flip(second).transpose(first, second)
    if turns == 2:
        return input.flip(first, second)
    if turns == 3:
        return input.flip(first).transpose(first, second)
    return input.clone()


@_method
def adjoint(input):
    return input.transpose(-2, -1)


@_method
def split_with_sizes(input, split_sizes, dim=0):
    return input.split(split_sizes, dim)


@_method
def tensor_split(input, indices_or_sections, dim=0):
    size = input.size(dim)
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        lengths = [size // sections + (1 if part < size % sections else 0) for part in range(sections)]
        return tuple(input.split(lengths, dim))
    indices = indices_or_sections
    if isinstance(indices, torch.Tensor):
        indices = indices.tolist()
    bounds = [0] + [min(index if index >= 0 else index + size, size) for index in indices] + [size]
    return tuple([input.narrow(dim, start, max(end - start, 0)) for start, end in zip(bounds, bounds[1:])])


@_method
def hsplit(input, indices_or_sections):
    return input.tensor_split(indices_or_sections, 0 if input.dim() == 1 else 1)


@_method
def vsplit(input, indices_or_sections):
    return input.tensor_split(indices_or_sections, 0)


@_method
def dsplit(input, indices_or_sections):
    return input.tensor_split(indices_or_sections, 2)


def _at_least(tensors, least):
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        return tuple([least(tensor) for tensor in tensors[0]])
    return least(tensors[0]) if len(tensors) == 1 else tuple([least(tensor) for tensor in tensors])


@_function
def atleast_1d(*tensors):
    return _at_least(tensors, lambda tensor: tensor.view(1) if tensor.dim() == 0 else tensor)


@_function
def atleast_2d(*tensors):
    return _at_least(tensors, lambda tensor: tensor.view(1, -1) if tensor.dim() < 2 else tensor)


@_function
def atleast_3d(*tensors):
    def least(tensor):
        if tensor.dim() < 2:
            return tensor.view(1, -1, 1)
        return tensor.unsqueeze(-1) if tensor.dim() == 2 else tensor

    return _at_least(tensors, least)


@_function
def column_stack(tensors):
    return torch.cat([tensor.view(-1, 1) if tensor.dim() < 2 else tensor for tensor in tensors], 1)


@_function
def dstack(tensors):
    return torch.cat(torch.atleast_3d(tensors), 2)


@_function
def row_stack(tensors):
    return torch.vstack(tensors)


@_function
def block_diag(*tensors):
    blocks = [torch.atleast_2d(tensor) for tensor in tensors]
    result = torch.zeros(sum([block.size(0) for block in blocks]), sum([block.size(1) for block in blocks]), dtype=blocks[0].dtype)
    row = column = 0
    for block in blocks:
        result[row : row + block.size(0), column : column + block.size(1)] = block
        row, column = row + block.size(0), column + block.size(1)
    return result


@_function
def cartesian_prod(*tensors):
    if len(tensors) == 1:
        return tensors[0]
    return torch.stack([grid.flatten() for grid in torch.meshgrid(*tensors, indexing="ij")], 1)


@_function
def combinations(input, r=2, with_replacement=False):
    import itertools

    places = range(input.numel())
    chosen = itertools.combinations_with_replacement(places, r) if with_replacement else itertools.combinations(places, r)
    return input[torch.tensor(list(chosen), dtype=torch.int64).view(-1, r)]


@_method
def diagflat(input, offset=0):
    return input.flatten().diag(offset)


@_function
def vander(x, N=None, *, increasing=False):
    powers = torch.arange(x.numel() if N is None else N)
    return x.unsqueeze(1) ** (powers if increasing else powers.flip(0))


@_function
def scalar_tensor(value, *, dtype=None, device=None):
    return torch.tensor(value, dtype=torch.get_default_dtype() if dtype is None else dtype, device=device)


@_function
def result_type(a, b):
    def of(value):
        if isinstance(value, torch.Tensor):
            return torch.zeros([1] * min(value.dim(), 1), dtype=value.dtype)
        return value

    return (of(a) + of(b)).dtype


@_function
def can_cast(from_, to):
    # From a kind of number to the same or a later kind.
    def kind(dtype):
        return 2 if dtype.is_floating_point else 0 if dtype == torch.bool else 1

    return kind(from_) <= kind(to)

# Functions of `torch` that pick cells and write them, composed of others.


@_method
def select_scatter(input, src, dim, index):
    result = input.clone()
    result.select(dim, index).copy_(src)
    return _named(result, "SelectScatterBackward0")


@_method
def slice_scatter(input, src, dim=0, start=None, end=None, step=1):
    result = input.clone()
    result[(slice(None),) * (dim % input.dim()) + (slice(start, end, step),)] = src
    return _named(result, "SliceScatterBackward0")


@_method
def diagonal_scatter(input, src, offset=0, dim1=0, dim2=1):
    result = input.clone()
    result.diagonal(offset, dim1, dim2).copy_(src)
    return _named(result, "DiagonalScatterBackward0")


@_method
def index_put_(input, indices, values, accumulate=False):
    if not accumulate:
        input[tuple(indices)] = values
        return input
    # Places may repeat: each is numbered, and their values add up.
    places = torch.arange(input.numel()).view(input.shape)[tuple(indices)]
    flat = input.reshape(-1).index_add(0, places.flatten(), values.expand(places.shape).flatten().to(input.dtype))
    return input.copy_(flat.view(input.shape))


@_method
def index_put(input, indices, values, accumulate=False):
    return torch.index_put_(input.clone(), indices, values, accumulate)


@_method
def masked_scatter(input, mask, source):
    result = input.clone()
    wide = mask.expand(input.shape)
    result[wide] = source.flatten()[: int(wide.sum())]
    return _named(result, "MaskedScatterBackward0")


@_method
def fill_diagonal_(input, fill_value, wrap=False):
    input.diagonal().fill_(fill_value)
    return input


@_method
def scatter_reduce(input, dim, index, src, reduce, *, include_self=True):
    dim = dim % input.dim()
    if reduce == "sum" and include_self:
        return input.scatter_add(dim, index, src)
    result = input.clone()
    # For one place after the other along the dimension: those that hit the same cell come one at a time.
    counts = torch.zeros_like(input, dtype=torch.int64)
    if not include_self:
        first = {"sum": 0, "mean": 0, "prod": 1, "amax": -math.inf, "amin": math.inf}[reduce]
        result = result.scatter(dim, index, first)
    for position in range(index.size(dim)):
        at = index.narrow(dim, position, 1)
        value = src.narrow(dim, position, 1)[tuple([slice(n) for n in at.shape])]
        before = result.gather(dim, at)
        if reduce in ("sum", "mean"):
            after = before + value
        elif reduce == "prod":
            after = before * value
        else:
            after = torch.maximum(before, value) if reduce == "amax" else torch.minimum(before, value)
        result = result.scatter(dim, at, after)
        counts = counts.scatter(dim, at, counts.gather(dim, at) + 1)
    if reduce == "mean":
        total = counts + (1 if include_self else 0)
        result = result / total.clamp(min=1)
    return _named(result, "ScatterReduceBackward0")

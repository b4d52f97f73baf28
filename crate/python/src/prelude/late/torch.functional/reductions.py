# Functions of `torch` from many cells to one, and of cells in order, composed of others.


@_method
def aminmax(input, *, dim=None, keepdim=False):
    if dim is None:
        pair = (input.amin(), input.amax())
    else:
        pair = (input.amin(dim, keepdim), input.amax(dim, keepdim))
    return torch._returned("aminmax", ["min", "max"], pair)


@_method
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    return _named(torch.where(torch.isnan(input), 0.0, input).sum(dim, keepdim, dtype=dtype), "NansumBackward0")


@_method
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    count = (~torch.isnan(input)).sum(dim, keepdim)
    return input.nansum(dim, keepdim, dtype=dtype) / count


@_method
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    # Between the two sorted cells on either side of the position q (n - 1).
    if dim is None:
        flat, dim = input.flatten(), 0
    else:
        flat = input
    fractions = q if isinstance(q, torch.Tensor) else torch.tensor(q, dtype=input.dtype)
    if bool(((fractions < 0) | (fractions > 1)).any()):
        raise RuntimeError("quantile() q values must be in the range [0, 1]")
    ordered = flat.sort(dim).values
    parts = []
    for position in (fractions.flatten() * (ordered.size(dim) - 1)).tolist():
        below, above = math.floor(position), math.ceil(position)
        if interpolation == "lower":
            above = below
        elif interpolation == "higher":
            below = above
        elif interpolation == "nearest":
            below = above = round(position)
        low, high = ordered.select(dim, below), ordered.select(dim, above)
        weight = 0.5 if interpolation == "midpoint" else position - below
        part = low if below == above else low + (high - low) * weight
        parts.append(part.unsqueeze(dim) if keepdim and flat is input else part)
    result = parts[0] if fractions.dim() == 0 else torch.stack(parts)
    if keepdim and flat is not input:
        result = result.reshape(list(fractions.shape) + [1] * input.dim())
    return _named(result, "SqueezeBackward4")


@_method
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    if dim is not None:
        raise NotImplementedError("nanquantile(): dim is not supported; select the rows yourself")
    return torch.quantile(input[~torch.isnan(input)], q, keepdim=keepdim, interpolation=interpolation)


def _running_extreme(input, dim, larger):
    values, indices = [], []
    best = at = None
    for position, part in enumerate(input.unbind(dim)):
        here = torch.full_like(part, position, dtype=torch.int64)
        if best is None:
            best, at = part, here
        else:
            wins = (part >= best if larger else part <= best) | torch.isnan(part)
            best, at = torch.where(wins, part, best), torch.where(wins, here, at)
        values.append(best)
        indices.append(at)
    name = "CummaxBackward0" if larger else "CumminBackward0"
    return _named(torch.stack(values, dim), name), torch.stack(indices, dim)


@_method
def cummax(input, dim):
    return torch._returned("cummax", ["values", "indices"], _running_extreme(input, dim, True))


@_method
def cummin(input, dim):
    return torch._returned("cummin", ["values", "indices"], _running_extreme(input, dim, False))


@_method
def logcumsumexp(input, dim):
    largest = input.amax(dim, keepdim=True)
    return _named(torch.log(torch.exp(input - largest).cumsum(dim)) + largest, "LogcumsumexpBackward0")


@_method
def msort(input):
    return input.sort(dim=0).values


@_method
def mode(input, dim=-1, keepdim=False):
    # The most frequent cell, the smallest of several; and the last place where it is.
    counts = (input.unsqueeze(dim) == input.unsqueeze(dim - 1 if dim < 0 else dim + 1)).sum(dim)
    frequent = torch.where(counts == counts.amax(dim, keepdim=True), input, input.amax(dim, keepdim=True))
    values = frequent.amin(dim, keepdim=True)
    places = torch.arange(input.size(dim)).reshape([-1] + [1] * (input.dim() - 1 - dim % input.dim()))
    indices = torch.where(input == values, places, -1).amax(dim, keepdim=True)
    if not keepdim:
        values, indices = values.squeeze(dim), indices.squeeze(dim)
    return torch._returned("mode", ["values", "indices"], (values, indices))


def _unique_along(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    # Slices along `dim` as keys, in the order of their cells.
    slices = [tuple(part.flatten().tolist()) for part in input.unbind(dim)]
    first, counts = {}, {}
    for position, key in enumerate(slices):
        first.setdefault(key, position)
        counts[key] = counts.get(key, 0) + 1
    keys = list(first)
    keys.sort()
    results = [input.index_select(dim, torch.tensor([first[key] for key in keys], dtype=torch.int64))]
    if return_inverse:
        places = {key: place for place, key in enumerate(keys)}
        results.append(torch.tensor([places[key] for key in slices], dtype=torch.int64))
    if return_counts:
        results.append(torch.tensor([counts[key] for key in keys], dtype=torch.int64))
    return results[0] if len(results) == 1 else tuple(results)


torch._method(_unique_along)


@_method
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    if dim is not None:
        raise NotImplementedError("unique_consecutive(): dim is not supported")
    flat = input.flatten()
    starts = torch.ones(flat.numel(), dtype=torch.bool)
    starts[1:] = flat[1:] != flat[:-1]
    results = [flat[starts]]
    if return_inverse:
        results.append((starts.cumsum(0) - 1).view(input.shape))
    if return_counts:
        results.append(torch.diff(torch.cat([starts.nonzero().flatten(), torch.tensor([flat.numel()])])))
    return results[0] if len(results) == 1 else tuple(results)


@_function
def searchsorted(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None):
    # How many cells of the sequence lie before each value.
    values = input if isinstance(input, torch.Tensor) else torch.tensor(input)
    right = right or side == "right"
    if sorted_sequence.dim() == 1:
        sequence, wide = sorted_sequence, values.unsqueeze(-1)
    else:
        sequence, wide = sorted_sequence.unsqueeze(-2), values.unsqueeze(-1)
        if sorted_sequence.shape[:-1] != values.shape[:-1]:
            raise RuntimeError(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
                f"tensor and input value tensor must match, but we got boundaries tensor {list(sorted_sequence.shape)} "
                f"and input value tensor {list(values.shape)}"
            )
    before = sequence <= wide if right else sequence < wide
    return before.sum(-1).to(torch.int32 if out_int32 else torch.int64)


@_function
def bucketize(input, boundaries, *, out_int32=False, right=False):
    return torch.searchsorted(boundaries, input, out_int32=out_int32, right=right)


@_function
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    if not isinstance(elements, torch.Tensor):
        elements = torch.tensor(elements)
    if not isinstance(test_elements, torch.Tensor):
        test_elements = torch.tensor(test_elements)
    found = (elements.unsqueeze(-1) == test_elements.flatten()).any(-1)
    return ~found if invert else found


@_method
def histc(input, bins=100, min=0, max=0):
    low, high = (input.min().item(), input.max().item()) if min == max else (min, max)
    if low == high:
        low, high = low - 1, high + 1
    inside = input[(input >= low) & (input <= high)]
    places = ((inside - low) / (high - low) * bins).floor().long().clamp(0, bins - 1)
    return torch.bincount(places, minlength=bins).to(input.dtype)


@_method
def dist(input, other, p=2):
    return _named((input - other).norm(p), "DistBackward0")


@_method
def cov(input, *, correction=1, fweights=None, aweights=None):
    rows = input.view(1, -1) if input.dim() < 2 else input
    centred = rows - rows.mean(1, keepdim=True)
    return (centred @ centred.T / (rows.size(1) - correction)).squeeze()


@_method
def corrcoef(input):
    covariance = torch.cov(input)
    deviation = covariance.diag().sqrt()
    return (covariance / deviation.unsqueeze(1) / deviation.unsqueeze(0)).clamp(-1, 1)


@_function
def trapezoid(y, x=None, *, dx=1, dim=-1):
    steps = dx if x is None else torch.diff(x)
    size = y.size(dim)
    middle = (y.narrow(dim, 0, size - 1) + y.narrow(dim, 1, size - 1)) / 2
    return (middle * steps).sum(dim)


trapz = trapezoid
torch.trapz = trapezoid

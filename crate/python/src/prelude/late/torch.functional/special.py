# The rarer functions of `torch`, most of which are methods of tensors as well.


def _exact(input, function, name):
    # In float64 and rounded once, where float32 would lose digits on the way.
    input = _floating(input)
    return _named(function(input.double()).to(input.dtype), name)


@_method
def lgamma(input):
    return _exact(input, _log_gamma, "LgammaBackward0")


def _log_gamma(x):
    # Stirling's series from 8 up; below it by the recurrence, and by reflection below a half.
    mirrored = torch.where(x < 0.5, 1 - x, x)
    product, shifted = torch.ones_like(x), mirrored
    for _ in range(8):
        product = torch.where(shifted < 8, product * shifted, product)
        shifted = torch.where(shifted < 8, shifted + 1, shifted)
    square = 1 / (shifted * shifted)
    series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / shifted
    value = (shifted - 0.5) * torch.log(shifted) - shifted + 0.5 * math.log(2 * math.pi) + series - torch.log(product)
    value = torch.where((x == 1) | (x == 2), 0.0, value)
    return torch.where(x < 0.5, torch.log(math.pi / torch.sin(math.pi * x).abs()) - value, value)


@_method
def digamma(input):
    return _exact(input, _digamma, "DigammaBackward0")


def _digamma(x):
    mirrored = torch.where(x < 0.5, 1 - x, x)
    steps, shifted = torch.zeros_like(x), mirrored
    for _ in range(8):
        steps = torch.where(shifted < 8, steps - 1 / shifted, steps)
        shifted = torch.where(shifted < 8, shifted + 1, shifted)
    square = 1 / (shifted * shifted)
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    value = torch.log(shifted) - 0.5 / shifted - series + steps
    return torch.where(x < 0.5, value - math.pi / torch.tan(math.pi * x), value)


@_method
def erfinv(input):
    return _exact(input, _inverse_error, "ErfinvBackward0")


def _inverse_error(x):
    # Winitzki's start (2008), then Newton's steps.
    logarithm = torch.log1p(-x * x)
    part = 2 / (math.pi * 0.147) + logarithm / 2
    value = torch.sign(x) * torch.sqrt(torch.sqrt(part * part - logarithm / 0.147) - part)
    for _ in range(4):
        value = value - (torch.erf(value) - x) / (2 / math.sqrt(math.pi) * torch.exp(-value * value))
    return torch.where(x.abs() == 1, x * math.inf, torch.where(x.abs() > 1, x * math.nan, torch.where(x == 0, x, value)))


@_method
def sgn(input):
    return torch.sign(input)


@_method
def nanmedian(input, dim=None, keepdim=False):
    whole = dim is None
    if whole:
        input, dim = input.reshape(-1), 0
    values, order = torch.where(input.isnan(), math.inf, input).sort(dim)
    place = ((input.size(dim) - input.isnan().sum(dim, keepdim=True) - 1) // 2).clamp(min=0)
    median, index = values.gather(dim, place), order.gather(dim, place)
    median = torch.where(input.isnan().all(dim, keepdim=True), math.nan, median)
    if whole:
        return median.squeeze(0)
    parts = (median, index) if keepdim else (median.squeeze(dim), index.squeeze(dim))
    return torch._returned("nanmedian", ("values", "indices"), parts)


@_method
def renorm(input, p, dim, maxnorm):
    others = [other for other in range(input.dim()) if other != dim % input.dim()]
    norm = torch.linalg.vector_norm(input, p, others, keepdim=True)
    return input * torch.where(norm > maxnorm, maxnorm / (norm + 1e-7), 1.0)


@_method
def matrix_exp(input):
    # Taylor's series of the matrix over a power of two, then squared back.
    halvings = max(0, math.ceil(math.log2(max(float(input.abs().sum(-1).max()), 1e-30))) + 4)
    small = input.double() / 2**halvings
    total = term = torch.eye(input.size(-1), dtype=torch.float64).expand(small.shape)
    for order in range(1, 14):
        term = term @ small / order
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total.to(input.dtype)


@_method
def nextafter(input, other):
    raise NotImplementedError("torch.nextafter is not supported: add torch.finfo(x.dtype).eps * x.abs() instead")


@_function
def unravel_index(indices, shape):
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    places = []
    for size in reversed(shape):
        places.insert(0, indices % size)
        indices = indices // size
    return tuple(places)


@_function
def cumulative_trapezoid(y, x=None, *, dx=1, dim=-1):
    left, right = y.narrow(dim, 0, y.size(dim) - 1), y.narrow(dim, 1, y.size(dim) - 1)
    width = dx if x is None else torch.diff(x, dim=-1)
    return (width * (left + right) / 2).cumsum(dim)


def _window(length, periodic, *parts):
    if length <= 1:
        return torch.ones(length)
    turns = torch.arange(length) * (2 * math.pi / (length if periodic else length - 1))
    return sum([(-1) ** order * part * torch.cos(order * turns) for order, part in enumerate(parts[1:], 1)]) + parts[0]


@_function
def hann_window(window_length, periodic=True, **options):
    return _window(window_length, periodic, 0.5, 0.5)


@_function
def hamming_window(window_length, periodic=True, alpha=0.54, beta=0.46, **options):
    return _window(window_length, periodic, alpha, beta)


@_function
def blackman_window(window_length, periodic=True, **options):
    return _window(window_length, periodic, 0.42, 0.5, 0.08)


@_function
def rsub(input, other, *, alpha=1):
    return other - alpha * input


@_function
def fill(input, value):
    return input.clone().fill_(value)


@_function
def _assert(condition, message):
    if not condition:
        raise AssertionError(message)


@_method
def t_(input):
    return input.transpose_(0, 1) if input.dim() > 1 else input


@_method
def char(input):
    return input.to(torch.int8)


@_method
def pin_memory(input, device=None):
    return input


@_method
def is_pinned(input, device=None):
    return False


@_method
def is_shared(input):
    return False


@_method
def apply_(input, callable):
    return input.copy_(torch.tensor([callable(cell) for cell in input.flatten().tolist()], dtype=input.dtype).view(input.shape))


@_method
def map_(input, tensor, callable):
    cells = zip(input.flatten().tolist(), tensor.expand_as(input).flatten().tolist())
    return input.copy_(torch.tensor([callable(a, b) for a, b in cells], dtype=input.dtype).view(input.shape))


@_method
def put_(input, index, source, accumulate=False):
    flat, index, source = input.reshape(-1).clone(), index.flatten(), source.flatten()
    return input.copy_(flat.index_put_((index,), source, accumulate=accumulate).view(input.shape))


@_method
def arccos(input):
    return torch.acos(input)


@_method
def arcsin(input):
    return torch.asin(input)


@_method
def arctan(input):
    return torch.atan(input)


@_method
def arctan2(input, other):
    return torch.atan2(input, other)


@_method
def arccosh(input):
    return torch.acosh(input)


@_method
def arcsinh(input):
    return torch.asinh(input)


@_method
def arctanh(input):
    return torch.atanh(input)


@_method
def histogram(input, bins=100, *, range=None, weight=None, density=False):
    if not isinstance(bins, torch.Tensor):
        low, high = range or (input.min().item(), input.max().item())
        low, high = (low - 1, high + 1) if low == high else (low, high)
        bins = torch.linspace(low, high, bins + 1, dtype=input.dtype)
    # A bin has its lower edge, and the last its upper one, too.
    cells, places = input.flatten(), torch.bucketize(input.flatten(), bins, right=True) - 1
    places = torch.where(cells == bins[-1], len(bins) - 2, places)
    inside = (places >= 0) & (places < len(bins) - 1)
    weight = torch.ones_like(cells) if weight is None else weight.flatten()
    hist = torch.zeros(len(bins) - 1, dtype=input.dtype).index_add(0, places[inside], weight[inside])
    return torch._returned("histogram", ["hist", "bin_edges"], (hist / hist.sum() / bins.diff() if density else hist, bins))


@_method
def new(input, *data):
    # As it was before `new_tensor` and `new_empty`: of data, or of sizes.
    if data and not isinstance(data[0], (int, torch.Size)):
        return torch.tensor(data[0], dtype=input.dtype)
    return torch.empty(*(data or (0,)), dtype=input.dtype)


def _typed(dtype):
    def made(*args):
        if args and not all([isinstance(arg, int) for arg in args]):
            return torch.tensor(args[0], dtype=dtype)
        return torch.zeros(args or (0,), dtype=dtype)

    return made


torch.IntTensor, torch.DoubleTensor, torch.HalfTensor = _typed(torch.int32), _typed(torch.float64), _typed(torch.float16)
torch.ByteTensor, torch.CharTensor, torch.BoolTensor, torch.BFloat16Tensor = _typed(torch.uint8), _typed(torch.int8), _typed(torch.bool), _typed(torch.bfloat16)

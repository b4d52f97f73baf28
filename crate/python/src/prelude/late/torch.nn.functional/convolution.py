# Convolutions over planes, pooling and resizing (torch/nn/functional.py), as products of unfolded windows.
# Letters in shapes: N batch, C channels, O output channels, L length or number of windows.
import math

import torch


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _windows(input, kernel, stride, dilation):
    # The windows of the last two dimensions: (..., rows, columns, height of a window, width of a window).
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, dilation)]
    windows = input.unfold(-2, reach[0], stride[0]).unfold(-2, reach[1], stride[1])
    return windows[..., :: dilation[0], :: dilation[1]]


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    # (N, C, H, W) to one column for each window: (N, C kernel, L).
    kernel, padding = _pair(kernel_size), _pair(padding)
    padded = pad(input, (padding[1], padding[1], padding[0], padding[0]))
    windows = _windows(padded, kernel, _pair(stride), _pair(dilation))
    lead = list(input.shape[:-3])
    columns = windows.movedim((-2, -1), (-4, -3)).reshape(lead + [input.size(-3) * kernel[0] * kernel[1], -1])
    return torch._with_gradient_name(columns, "Im2ColBackward0")


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    # The contrary of unfold: where windows overlap their cells add up.
    size, kernel, dilation, padding, stride = [_pair(value) for value in (output_size, kernel_size, dilation, padding, stride)]
    padded = [n + 2 * p for n, p in zip(size, padding)]
    channels = input.size(-2) // (kernel[0] * kernel[1])
    places = torch.arange(padded[0] * padded[1], dtype=torch.float32).view(1, *padded)
    index = unfold(places, kernel, dilation, 0, stride).long().reshape(-1)
    flat = input.reshape(-1, channels, kernel[0] * kernel[1] * input.size(-1))
    result = torch.zeros(flat.size(0), channels, padded[0] * padded[1], dtype=input.dtype).index_add(2, index, flat)
    result = result.reshape(-1, channels, *padded)[:, :, padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]
    return torch._with_gradient_name(result if input.dim() == 3 else result[0], "Col2ImBackward0")


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    if input.dim() not in (3, 4):
        raise RuntimeError(
            f"Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: {list(input.shape)}"
        )
    if input.dim() == 3:
        return conv2d(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    channels = input.size(1)
    if channels != weight.size(1) * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(weight.shape)}, expected input{list(input.shape)} to have "
            f"{weight.size(1) * groups} channels, but got {channels} channels instead"
        )
    stride, dilation, kernel = _pair(stride), _pair(dilation), tuple(weight.shape[2:])
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [d * (k - 1) for d, k in zip(dilation, kernel)]
        edges = (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2)
    else:
        vertical, horizontal = _pair(padding)
        edges = (horizontal, horizontal, vertical, vertical)
    padded = pad(input, edges)
    for size, length, step in zip(padded.shape[2:], kernel, dilation):
        if size < (length - 1) * step + 1:
            raise RuntimeError(
                f"Calculated padded input size per channel: ({padded.size(2)} x {padded.size(3)}). Kernel size: "
                f"({kernel[0]} x {kernel[1]}). Kernel size can't be greater than actual input size"
            )
    windows = _windows(padded, kernel, stride, dilation)
    rows, columns = windows.size(2), windows.size(3)
    cells = weight.size(1) * kernel[0] * kernel[1]
    patches = windows.permute(0, 1, 4, 5, 2, 3).reshape(input.size(0), groups, cells, rows * columns)
    result = weight.reshape(groups, -1, cells) @ patches
    result = result.reshape(input.size(0), weight.size(0), rows, columns)
    if bias is not None:
        result = result + bias.view(-1, 1, 1)
    return torch._with_gradient_name(result, "ConvolutionBackward0")


def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    # The sum over slices of the kernel of what conv2d makes of the slices of the input that they meet.
    if input.dim() == 4:
        return conv3d(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    if input.dim() != 5:
        raise RuntimeError(
            f"Expected 4D (unbatched) or 5D (batched) input to conv3d, but got input of size: {list(input.shape)}"
        )
    stride, dilation, padding = [value if isinstance(value, (tuple, str)) else (value,) * 3 for value in (stride, dilation, padding)]
    edges = []
    for place in (2, 1, 0):
        total = dilation[place] * (weight.size(2 + place) - 1) if padding == "same" else 0
        edges += [total // 2, total - total // 2] if isinstance(padding, str) else [padding[place]] * 2
    padded = pad(input, edges)
    count = (padded.size(2) - (weight.size(2) - 1) * dilation[0] - 1) // stride[0] + 1
    result = 0
    for place in range(weight.size(2)):
        start = place * dilation[0]
        slices = padded[:, :, start : start + (count - 1) * stride[0] + 1 : stride[0]].transpose(1, 2).flatten(0, 1)
        result = result + conv2d(slices, weight[:, :, place], None, stride[1:], 0, dilation[1:], groups)
    result = result.unflatten(0, (input.size(0), count)).transpose(1, 2).contiguous()
    if bias is not None:
        result = result + bias.view(-1, 1, 1, 1)
    return torch._with_gradient_name(result, "ConvolutionBackward0")


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    # Weight (C, O / groups, kernel): every input cell adds its window to the output.
    stride, padding, extra, dilation = _pair(stride), _pair(padding), _pair(output_padding), _pair(dilation)
    kernel = tuple(weight.shape[2:])
    size = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(input.shape[2:], stride, padding, dilation, kernel, extra)
    ]
    batch, channels = input.size(0), input.size(1)
    cells = input.reshape(batch, groups, channels // groups, -1)
    matrix = weight.reshape(groups, channels // groups, -1).transpose(1, 2)
    columns = (matrix @ cells).reshape(batch, -1, cells.size(-1))
    result = fold(columns, size, kernel, dilation, padding, stride)
    if bias is not None:
        result = result + bias.view(-1, 1, 1)
    return torch._with_gradient_name(result, "ConvolutionBackward0")


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    result = conv_transpose2d(
        input.unsqueeze(2), weight.unsqueeze(2), bias, (1, stride if isinstance(stride, int) else stride[0]),
        (0, padding if isinstance(padding, int) else padding[0]),
        (0, output_padding if isinstance(output_padding, int) else output_padding[0]), groups,
        (1, dilation if isinstance(dilation, int) else dilation[0]),
    )
    return result.squeeze(2)


def _pooled_windows(input, kernel, stride, padding, dilation, ceil_mode, fill):
    edges = []
    for size, length, step, edge, spread in zip(input.shape[-2:], kernel, stride, padding, dilation):
        if edge > length // 2:
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={edge}, kernel_size={length} and dilation={spread}"
            )
        reach = (length - 1) * spread + 1
        more = 0
        if ceil_mode and (size + 2 * edge - reach) % step != 0:
            more = step - (size + 2 * edge - reach) % step
        edges.append((edge, edge + more))
    padded = pad(input, edges[1] + edges[0], value=fill) if any([sum(edge) for edge in edges]) else input
    return _windows(padded, kernel, stride, dilation)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    if return_indices:
        raise NotImplementedError("max_pool2d(): return_indices is not supported")
    kernel = _pair(kernel_size)
    stride = kernel if stride is None else _pair(stride)
    windows = _pooled_windows(input, kernel, stride, _pair(padding), _pair(dilation), ceil_mode, -math.inf)
    return torch._with_gradient_name(windows.amax((-2, -1)), "MaxPool2DWithIndicesBackward0")


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    kernel = _pair(kernel_size)
    stride = kernel if stride is None else _pair(stride)
    windows = _pooled_windows(input, kernel, stride, _pair(padding), (1, 1), ceil_mode, 0.0)
    if divisor_override is not None:
        result = windows.sum((-2, -1)) / divisor_override
    elif count_include_pad or not padding:
        result = windows.mean((-2, -1))
    else:
        present = _pooled_windows(torch.ones_like(input), kernel, stride, _pair(padding), (1, 1), ceil_mode, 0.0)
        result = windows.sum((-2, -1)) / present.sum((-2, -1))
    return torch._with_gradient_name(result, "AvgPool2DBackward0")


def _along(value):
    return value if value is None or isinstance(value, int) else value[0]


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    kernel, stride = _along(kernel_size), _along(stride)
    step = (1, kernel if stride is None else stride)
    spread, edge = (1, _along(dilation)), (0, _along(padding))
    return max_pool2d(input.unsqueeze(-2), (1, kernel), step, edge, spread, ceil_mode, return_indices).squeeze(-2)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    kernel, stride = _along(kernel_size), _along(stride)
    step, edge = (1, kernel if stride is None else stride), (0, _along(padding))
    return avg_pool2d(input.unsqueeze(-2), (1, kernel), step, edge, ceil_mode, count_include_pad).squeeze(-2)


def _adaptive(input, sizes, pool):
    # Output cell i pools the input cells from floor(i n / size) to ceil((i + 1) n / size).
    for dim, size in sizes:
        length = input.size(dim)
        if size is None or size == length:
            continue
        parts = []
        for position in range(size):
            start, end = position * length // size, -(-(position + 1) * length // size)
            parts.append(pool(input.narrow(dim, start, end - start), dim))
        input = torch.cat(parts, dim)
    return input


def adaptive_avg_pool2d(input, output_size):
    rows, columns = _pair(output_size)
    if (rows, columns) == (1, 1):
        return input.mean((-1, -2), keepdim=True)
    result = _adaptive(input, [(-2, rows), (-1, columns)], lambda part, dim: part.mean(dim, keepdim=True))
    return torch._with_gradient_name(result, "AdaptiveAvgPool2DBackward0")


def adaptive_max_pool2d(input, output_size, return_indices=False):
    rows, columns = _pair(output_size)
    result = _adaptive(input, [(-2, rows), (-1, columns)], lambda part, dim: part.amax(dim, keepdim=True))
    return torch._with_gradient_name(result, "AdaptiveMaxPool2DBackward0")


def adaptive_avg_pool1d(input, output_size):
    return adaptive_avg_pool2d(input.unsqueeze(-2), (1, _along(output_size))).squeeze(-2)


def adaptive_max_pool1d(input, output_size, return_indices=False):
    return adaptive_max_pool2d(input.unsqueeze(-2), (1, _along(output_size))).squeeze(-2)


def pixel_shuffle(input, upscale_factor):
    *lead, channels, height, width = input.shape
    r = upscale_factor
    cells = input.reshape(*lead, channels // (r * r), r, r, height, width)
    rank = len(lead)
    order = list(range(rank + 1)) + [rank + 3, rank + 1, rank + 4, rank + 2]
    return cells.permute(order).reshape(*lead, channels // (r * r), height * r, width * r)


def pixel_unshuffle(input, downscale_factor):
    *lead, channels, height, width = input.shape
    r = downscale_factor
    cells = input.reshape(*lead, channels, height // r, r, width // r, r)
    rank = len(lead)
    order = list(range(rank + 1)) + [rank + 2, rank + 4, rank + 1, rank + 3]
    return cells.permute(order).reshape(*lead, channels * r * r, height // r, width // r)


def _cubic(x):
    # The weight of a cell at distance x (Keys 1981, with a = -0.75).
    return torch.where(x <= 1, (1.25 * x - 2.25) * x * x + 1, ((-0.75 * x + 3.75) * x - 6) * x + 3)


def _resized(input, dim, size, scale, mode, align_corners):
    length = input.size(dim)
    if mode == "nearest":
        index = (torch.arange(size, dtype=torch.float32) * (1 / scale if scale else length / size)).floor().long()
        return input.index_select(dim, index.clamp(max=length - 1))
    if align_corners:
        source = torch.arange(size, dtype=torch.float32) * ((length - 1) / max(size - 1, 1))
    else:
        source = (torch.arange(size, dtype=torch.float32) + 0.5) * (1 / scale if scale else length / size) - 0.5
    if mode == "bicubic":
        low = source.floor().long()
        return sum([
            input.index_select(dim, (low + tap).clamp(0, length - 1)) * _cubic((source - low - tap).abs()).view([-1] + [1] * (-dim - 1))
            for tap in (-1, 0, 1, 2)
        ])
    source = source.clamp(min=0)
    low = source.floor().long()
    high = (low + 1).clamp(max=length - 1)
    weight = (source - low).view([-1] + [1] * (-dim - 1))
    return input.index_select(dim, low) * (1 - weight) + input.index_select(dim, high) * weight


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False):
    if mode not in ("nearest", "linear", "bilinear", "bicubic", "area") or antialias:
        what = "antialias=True" if antialias else f"the mode '{mode}'"
        raise NotImplementedError(
            f"interpolate(): {what} is not supported; use 'nearest', 'linear', 'bilinear', 'bicubic' or 'area'"
        )
    if input.dim() < 3:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.dim()}D) for the modes: nearest | linear | "
            f"bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
        )
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    needed = {"linear": 3, "bilinear": 4, "bicubic": 4}.get(mode, input.dim())
    if input.dim() != needed:
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {needed}D input")
    dims = list(range(2 - input.dim(), 0))
    if mode == "area":
        sizes = size if size is not None else scale_factor
        sizes = [sizes] * len(dims) if isinstance(sizes, (int, float)) else list(sizes)
        if size is None:
            sizes = [math.floor(input.size(dim) * factor) for dim, factor in zip(dims, sizes)]
        return (adaptive_avg_pool1d if len(dims) == 1 else adaptive_avg_pool2d)(input, sizes)
    for position, dim in reversed(list(enumerate(dims))) if mode == "bicubic" else enumerate(dims):
        scale = None
        if size is not None:
            length = size if isinstance(size, int) else size[position]
        else:
            scale = scale_factor if isinstance(scale_factor, (int, float)) else scale_factor[position]
            length = math.floor(input.size(dim) * scale)
        input = _resized(input, dim, length, scale, mode, align_corners)
    kind = {"bicubic": "UpsampleBicubic", "nearest": "UpsampleNearest", "linear": "UpsampleLinear", "bilinear": "UpsampleBilinear"}[mode]
    return torch._with_gradient_name(input, f"{kind}{len(dims)}DBackward0")

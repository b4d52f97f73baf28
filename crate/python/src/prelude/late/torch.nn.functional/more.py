# The rarer functions of `torch.nn.functional` (torch/nn/functional.py).
import math

import torch


def _pad_by_copying(input, pad, mode):
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    pairs = len(pad) // 2
    if input.dim() not in (pairs + 1, pairs + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.dim()}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    for pair in range(pairs):
        dim = input.dim() - 1 - pair
        before, after = pad[2 * pair], pad[2 * pair + 1]
        size = input.size(dim)
        if mode == "reflect" and max(before, after) >= size:
            raise RuntimeError(
                "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
                f"({before}, {after}) at dimension {dim} of input {list(input.shape)}"
            )
        places = torch.arange(-before, size + after)
        if mode == "replicate":
            places = places.clamp(0, size - 1)
        elif mode == "circular":
            places = places % size
        else:
            places = places.abs()
            places = torch.where(places >= size, 2 * (size - 1) - places, places)
        input = input.index_select(dim, places)
    return input


def celu(input, alpha=1.0, inplace=False):
    result = torch.where(input > 0, input, alpha * torch.expm1(input / alpha))
    return _applied(input, result, inplace, "CeluBackward0")


def hardswish(input, inplace=False):
    return _applied(input, input * (input + 3).clamp(0, 6) / 6, inplace, "HardswishBackward0")


def hardsigmoid(input, inplace=False):
    return _applied(input, (input + 3).clamp(0, 6) / 6, inplace, "HardsigmoidBackward0")


def hardshrink(input, lambd=0.5):
    return torch._with_gradient_name(torch.where(input.abs() <= lambd, 0.0, input), "HardshrinkBackward0")


def softshrink(input, lambd=0.5):
    result = torch.sign(input) * (input.abs() - lambd).clamp(min=0)
    return torch._with_gradient_name(result, "SoftshrinkBackward0")


def threshold(input, threshold, value, inplace=False):
    return _applied(input, torch.where(input > threshold, input, value), inplace, "ThresholdBackward0")


def prelu(input, weight):
    if weight.numel() != 1:
        weight = weight.view([-1] + [1] * (input.dim() - 2))
    return torch._with_gradient_name(torch.where(input > 0, input, weight * input), "PreluKernelBackward0")


def bilinear(input1, input2, weight, bias=None):
    result = ((input1 @ weight.flatten(1).view(weight.size(0), weight.size(1), -1)) * input2).sum(-1).transpose(0, -1)
    if input1.dim() != 2:
        result = torch.einsum("...i,oij,...j->...o", input1, weight, input2)
    return result if bias is None else result + bias


def _whole_channels(input, p, training, spatial):
    # One draw for each channel: (N, C, 1, ...).
    if not training or p == 0:
        return input
    mask = torch.empty(list(input.shape[: input.dim() - spatial]) + [1] * spatial, dtype=input.dtype).bernoulli_(1 - p)
    return input * mask.div_(1 - p)


def dropout1d(input, p=0.5, training=True, inplace=False):
    return _whole_channels(input, p, training, 1)


def dropout2d(input, p=0.5, training=True, inplace=False):
    return _whole_channels(input, p, training, 2)


def _scaled_and_shifted(normed, weight, bias, channels):
    shape = [1, channels] + [1] * (normed.dim() - 2)
    if weight is not None:
        normed = normed * weight.view(shape)
    return normed if bias is None else normed + bias.view(shape)


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    channels = input.size(1)
    if running_mean is not None and running_mean.numel() != channels:
        raise RuntimeError(f"running_mean should contain {channels} elements not {running_mean.numel()}")
    if training:
        cells = input.numel() // max(channels, 1)
        if cells == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.size()}")
        dims = [dim for dim in range(input.dim()) if dim != 1]
        mean = input.mean(dims)
        var = input.var(dims, unbiased=False)
        if running_mean is not None:
            with torch.no_grad():
                running_mean.copy_(running_mean * (1 - momentum) + momentum * mean)
                running_var.copy_(running_var * (1 - momentum) + momentum * (var * (cells / (cells - 1))))
    else:
        mean, var = running_mean, running_var
    shape = [1, channels] + [1] * (input.dim() - 2)
    # Only images keep their channels last.
    input = input.contiguous() if input.dim() == 3 else input
    normed = (input - mean.view(shape)) / torch.sqrt(var.view(shape) + eps)
    return torch._with_gradient_name(_scaled_and_shifted(normed, weight, bias, channels), "NativeBatchNormBackward0")


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    if input.size(1) % num_groups != 0:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    if weight is not None and list(weight.shape) != [input.size(1)]:
        raise RuntimeError(
            "Expected weight to be a vector of size equal to the number of channels in input, but got weight of shape "
            f"{list(weight.shape)} and input of shape {list(input.shape)}"
        )
    grouped = input.reshape(input.size(0), num_groups, -1)
    mean = grouped.mean(-1, keepdim=True)
    var = grouped.var(-1, unbiased=False, keepdim=True)
    normed = ((grouped - mean) / torch.sqrt(var + eps)).reshape(input.shape)
    return torch._with_gradient_name(_scaled_and_shifted(normed, weight, bias, input.size(1)), "NativeGroupNormBackward0")


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    input, dims = input.contiguous(), list(range(2, input.dim()))
    mean = input.mean(dims, keepdim=True)
    var = input.var(dims, unbiased=False, keepdim=True)
    return _scaled_and_shifted((input - mean) / torch.sqrt(var + eps), weight, bias, input.size(1))


def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean"):
    if input.dim() == 2:
        bags = [weight[row] for row in input]
    else:
        bounds = offsets.tolist() + [input.numel()]
        bags = [weight[input[start:end]] for start, end in zip(bounds, bounds[1:])]
    pool = {"mean": lambda bag: bag.mean(0), "sum": lambda bag: bag.sum(0), "max": lambda bag: bag.amax(0)}[mode]
    return torch._with_gradient_name(torch.stack([pool(bag) for bag in bags]), "EmbeddingBagBackward0")


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    distance = (input - target).abs()
    losses = torch.where(distance <= delta, 0.5 * distance**2, delta * (distance - 0.5 * delta))
    return torch._with_gradient_name(_reduced(losses, reduction), "HuberLossBackward0")


def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    return _reduced((-target * (input1 - input2) + margin).clamp(min=0), reduction)


def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    likeness = cosine_similarity(input1, input2, -1)
    losses = torch.where(target == 1, 1 - likeness, (likeness - margin).clamp(min=0))
    return _reduced(losses, reduction)


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"):
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    return _reduced((margin + near - far).clamp(min=0), reduction)


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    return _reduced(torch.where(target == 1, input, (margin - input).clamp(min=0)), reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    safe = var.clamp(min=eps)
    losses = 0.5 * (torch.log(safe) + (input - target) ** 2 / safe)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return _reduced(losses, reduction)


def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"):
    losses = torch.exp(input) - target * input if log_input else input - target * torch.log(input + eps)
    return _reduced(losses, reduction)


def pdist(input, p=2.0):
    rows, columns = torch.triu_indices(input.size(0), input.size(0), 1)
    return (input[rows] - input[columns]).norm(p, dim=-1)


torch.bilinear, torch.prelu, torch.pdist, torch.pairwise_distance = bilinear, prelu, pdist, pairwise_distance
torch.cosine_similarity, torch.celu, torch.selu = cosine_similarity, celu, selu
torch.batch_norm, torch.group_norm, torch.instance_norm = batch_norm, group_norm, instance_norm
torch.conv2d, torch.pixel_shuffle, torch.threshold = conv2d, pixel_shuffle, threshold
torch.max_pool1d, torch.max_pool2d, torch.avg_pool1d = max_pool1d, max_pool2d, avg_pool1d
torch.binary_cross_entropy_with_logits, torch.kl_div, torch.embedding = binary_cross_entropy_with_logits, kl_div, embedding

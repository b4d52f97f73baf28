# Losses and distances of `torch.nn.functional` (torch/nn/functional.py).
#
# Each is written with tensor operations, so that a cell can be followed back through all of them.
import math

import torch

def _reduced(values, reduction):
    if reduction == "none":
        return values
    if reduction == "mean":
        return values.mean()
    if reduction == "sum":
        return values.sum()
    raise ValueError(f"{reduction} is not a valid value for reduction")


def cross_entropy(
    input,
    target,
    weight=None,
    size_average=None,
    ignore_index=-100,
    reduce=None,
    reduction="mean",
    label_smoothing=0.0,
):
    # Scores (N, C, ...) against classes (N, ...), or against probabilities (N, C, ...).
    dim = 0 if input.dim() < 2 else 1
    if label_smoothing < 0.0 or label_smoothing > 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target.shape == input.shape:
        if not target.is_floating_point():
            name = torch.typename(target).replace("torch.", "").replace("Tensor", "")
            raise RuntimeError(f"Expected floating point type for target with class probabilities, got {name}")
        return _cross_entropy_with_probabilities(input, target, weight, reduction, label_smoothing, dim)
    log_probabilities = log_softmax(input, dim)
    if label_smoothing == 0.0:
        return nll_loss(log_probabilities, target, weight, ignore_index=ignore_index, reduction=reduction)
    classes = input.size(dim)
    if weight is None:
        smooth = -log_probabilities.sum(dim)
    else:
        shape = [1] * input.dim()
        shape[dim] = classes
        smooth = -(log_probabilities * weight.view(shape)).sum(dim)
    ignored = target == ignore_index
    smooth = smooth.masked_fill(ignored, 0.0)
    exact = nll_loss(log_probabilities, target, weight, ignore_index=ignore_index, reduction=reduction)
    if reduction == "mean":
        if weight is None:
            count = (~ignored).sum()
        else:
            count = weight[target.masked_fill(ignored, 0)].masked_fill(ignored, 0.0).sum()
        smooth = smooth.sum() / count
    else:
        smooth = _reduced(smooth, reduction)
    return (1 - label_smoothing) * exact + label_smoothing / classes * smooth


def _cross_entropy_with_probabilities(input, target, weight, reduction, label_smoothing, dim):
    classes = input.size(dim)
    if label_smoothing > 0.0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    terms = log_softmax(input, dim) * target
    if weight is not None:
        shape = [1] * input.dim()
        shape[dim] = classes
        terms = terms * weight.view(shape)
    if reduction == "mean":
        return torch._with_gradient_name(-terms.sum() / (input.numel() // classes), "DivBackward1")
    if reduction == "sum":
        return -terms.sum()
    return -terms.sum(dim)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    # Minus the log probability (N, C, ...) of each target class (N, ...).
    dim = 0 if input.dim() == 1 else 1
    if input.dim() == 1 and target.dim() == 1 and target.numel() != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {target.numel()}")
    if input.dim() > 1 and input.size(0) != target.size(0):
        raise ValueError(
            f"Expected input batch_size ({input.size(0)}) to match target batch_size ({target.size(0)})."
        )
    classes = input.size(dim)
    expected = [input.size(0)] + list(input.shape[2:])
    if input.dim() > 2 and list(target.shape) != expected:
        raise RuntimeError(f"Expected target size {expected}, got {list(target.shape)}")
    if target.dim() > max(input.dim() - 1, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dtype not in (torch.int64, torch.uint8):
        name = torch.typename(target).replace("torch.", "").replace("Tensor", "")
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {name}")
    if weight is not None and list(weight.shape) != [classes]:
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of shape: {list(weight.shape)}"
        )
    if input.dim() == 1 and target.dim() == 1:
        target = target[0]
    ignored = target == ignore_index
    safe = target.masked_fill(ignored, 0)
    for wrong in safe[(safe < 0) | (safe >= classes)].tolist():
        raise IndexError(f"Target {wrong} is out of bounds.")
    losses = -input.gather(dim, safe.unsqueeze(dim)).squeeze(dim)
    if weight is not None:
        weights = weight[safe].masked_fill(ignored, 0.0)
        losses = losses * weights
    losses = losses.masked_fill(ignored, 0.0)
    if reduction == "mean":
        total = weights.sum() if weight is not None else (~ignored).sum()
        losses = losses.sum() / total
    else:
        losses = _reduced(losses, reduction)
    return torch._with_gradient_name(losses, "NllLossBackward0" if input.dim() <= 2 else "NllLoss2DBackward0")


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    return torch._with_gradient_name(_reduced((input - target) ** 2, reduction), "MseLossBackward0")


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    return _reduced((input - target).abs(), reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    distance = (input - target).abs()
    losses = torch.where(distance < beta, 0.5 * distance**2 / beta, distance - 0.5 * beta)
    return torch._with_gradient_name(_reduced(losses, reduction), "SmoothL1LossBackward0")


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()}) is deprecated. "
            "Please ensure they have the same size."
        )
    for name, values in (("input", input), ("target", target)):
        if bool(((values < 0) | (values > 1)).any()):
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    # PyTorch keeps each logarithm above -100, so that a certain and wrong answer has a finite loss.
    losses = (target - 1) * (1 - input).log().clamp(min=-100) - target * input.log().clamp(min=-100)
    if weight is not None:
        losses = losses * weight
    return torch._with_gradient_name(_reduced(losses, reduction), "BinaryCrossEntropyBackward0")


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    if input.shape != target.shape:
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    scale = 1 if pos_weight is None else (pos_weight - 1) * target + 1
    losses = (1 - target) * input - scale * logsigmoid(input)
    if weight is not None:
        losses = losses * weight
    return torch._with_gradient_name(_reduced(losses, reduction), "BinaryCrossEntropyWithLogitsBackward0")


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    if log_target:
        losses = target.exp() * (target - input)
    else:
        losses = torch.where(target > 0, target * target.clamp(min=1e-45).log(), 0.0) - target * input
    if reduction == "batchmean":
        return losses.sum() / input.size(0)
    return _reduced(losses, reduction)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    lengths = [x.norm(2, dim, keepdim=True).clamp_min(eps) for x in (x1, x2)]
    return ((x1 / lengths[0]) * (x2 / lengths[1])).sum(dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return (x1 - x2 + eps).norm(p, dim=-1, keepdim=keepdim)

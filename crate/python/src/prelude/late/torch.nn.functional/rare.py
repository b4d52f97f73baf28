# Losses and layers as functions that few programs call (torch/nn/functional.py).
import torch


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    return _reduced(torch.log1p(torch.exp(-target * input)), reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.sum(-1) / input.size(-1), reduction)


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    rows = input if input.dim() == 2 else input.unsqueeze(0)
    places = target.reshape(-1, 1)
    loss = torch.clamp_min(margin - rows.gather(1, places) + rows, 0).pow(p)
    if weight is not None:
        loss = loss * weight[places]
    loss = loss.scatter(1, places, 0.0).sum(1) / rows.size(1)
    return _reduced(loss if input.dim() == 2 else loss.squeeze(0), reduction)


def channel_shuffle(input, groups):
    batch, channels = input.shape[:2]
    return input.reshape(batch, groups, channels // groups, -1).transpose(1, 2).reshape(input.shape)


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    squares = input.square().flatten(2)
    padded = torch.cat((squares.new_zeros(*squares.shape[:1], size // 2, squares.size(2)), squares), 1)
    padded = torch.cat((padded, squares.new_zeros(*squares.shape[:1], (size - 1) // 2, squares.size(2))), 1)
    mean = padded.unfold(1, size, 1).mean(-1).reshape(input.shape)
    return input / (mean * alpha + k).pow(beta)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    return interpolate(input, size, scale_factor, mode, align_corners)


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p,
    out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None,
    use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None,
    average_attn_weights=True, is_causal=False,
):
    # What nn.MultiheadAttention computes, with the weights as arguments.
    if static_k is not None or static_v is not None:
        raise NotImplementedError("F.multi_head_attention_forward: static_k and static_v are not supported")
    nn = torch.nn
    layer, out_proj = object.__new__(nn.MultiheadAttention), nn.Module()
    nn.Module.__init__(layer)
    out_proj.__dict__.update(weight=out_proj_weight, bias=out_proj_bias)
    layer.__dict__.update(
        embed_dim=embed_dim_to_check, num_heads=num_heads, head_dim=embed_dim_to_check // num_heads, dropout=dropout_p,
        training=training, batch_first=False, in_proj_weight=in_proj_weight, in_proj_bias=in_proj_bias,
        q_proj_weight=q_proj_weight, k_proj_weight=k_proj_weight, v_proj_weight=v_proj_weight,
        _qkv_same_embed_dim=not use_separate_proj_weight, bias_k=bias_k, bias_v=bias_v, add_zero_attn=add_zero_attn,
        out_proj=out_proj,
    )
    return layer.forward(query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal)


def _within_norm(input, weight, max_norm, norm_type):
    # The rows that are looked up, made shorter in place where they are longer than `max_norm`.
    with torch.no_grad():
        rows = input.unique()
        weight[rows] = torch.renorm(weight[rows], norm_type, 0, max_norm)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    # Klambauer et al. 2017: what is dropped becomes SELU's lowest value, and mean and variance stay.
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0.0
    alpha = 1.7580993408473766
    scale = 1 / ((alpha * alpha * p + 1) * (1 - p)) ** 0.5
    noise = torch.empty_like(input).bernoulli_(1 - p)
    return input * (noise * scale) + ((noise - 1) * (alpha * scale) + alpha * scale * p)


def affine_grid(theta, size, align_corners=None):
    # Where each cell of the output lies in the input, from -1 to 1.
    batch, _, height, width = size

    def steps(length):
        places = torch.linspace(-1, 1, length) if length > 1 else torch.zeros(1)
        return places if align_corners else places * ((length - 1) / length)

    x, y = steps(width).expand(height, width), steps(height).unsqueeze(1).expand(height, width)
    base = torch.stack((x, y, torch.ones(height, width)), -1).view(1, -1, 3).expand(batch, -1, 3)
    return torch._with_gradient_name((base @ theta.mT).reshape(batch, height, width, 2), "AffineGridGeneratorBackward0")


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    if mode not in ("bilinear", "nearest") or padding_mode not in ("zeros", "border") or input.dim() != 4:
        raise NotImplementedError(
            "grid_sample(): images with mode 'bilinear' or 'nearest' and padding_mode 'zeros' or 'border' are supported"
        )
    batch, channels, height, width = input.shape

    def places(along, length):
        at = (along + 1) / 2 * (length - 1) if align_corners else ((along + 1) * length - 1) / 2
        return at.clamp(0, length - 1) if padding_mode == "border" else at

    grid = grid.contiguous()
    x, y = places(grid[..., 0], width), places(grid[..., 1], height)
    flat = input.flatten(2)

    def cells(column, row, weight):
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        index = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
        picked = flat.gather(2, index.long().reshape(batch, 1, -1).expand(-1, channels, -1))
        picked = picked.reshape(batch, channels, *grid.shape[1:3])
        return torch.where(inside.unsqueeze(1), picked, 0.0) * weight.unsqueeze(1)

    if mode == "nearest":
        result = cells(torch.round(x), torch.round(y), torch.ones_like(x))
    else:
        left, top = torch.floor(x), torch.floor(y)
        east, south = x - left, y - top
        west, north = 1 - east, 1 - south
        result = cells(left, top, north * west) + cells(left + 1, top, north * east)
        result = result + cells(left, top + 1, south * west) + cells(left + 1, top + 1, south * east)
    return torch._with_gradient_name(result, "GridSampler2DBackward0")

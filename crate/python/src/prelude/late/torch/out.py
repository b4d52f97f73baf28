# The argument `out` of torch's functions: the result goes into a tensor that is there.
import torch


def _into_out(name, args, kwargs, out):
    if not hasattr(torch, name):
        raise NotImplementedError(f"{name}(): the argument 'out' is not supported; assign the result instead")
    result = getattr(torch, name)(*args, **kwargs)
    if out is None:
        return result
    parts, targets = (result, out) if isinstance(out, (tuple, list)) else ((result,), (out,))
    for part, target in zip(parts, targets):
        if is_grad_enabled() and (part.requires_grad or target.requires_grad):
            raise RuntimeError(
                f"{name}(): functions with out=... arguments don't support automatic differentiation, "
                "but one of the arguments requires grad."
            )
        if part.is_floating_point() and not target.is_floating_point():
            raise RuntimeError(
                f"result type {part.type()[6:-6]} can't be cast to the desired output type {target.type()[6:-6]}"
            )
        if part.shape == target.shape:
            target.copy_(part)
        else:
            # PyTorch resizes it, with a warning where it was not empty.
            target.data = part.to(target.dtype)
    return out

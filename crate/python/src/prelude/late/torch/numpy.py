# Arrays of NumPy as tensors.


def from_numpy(ndarray):
    # It shares the array's memory, as in PyTorch.
    import numpy

    if not isinstance(ndarray, numpy.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return ndarray._t.detach()

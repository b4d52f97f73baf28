# torch.backends.mps: there is none.


def is_available():
    return False


is_built = is_macos13_or_newer = is_available

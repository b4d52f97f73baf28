# torch.mps as a machine without one has it.


def is_available():
    return False


def device_count():
    return 0


def manual_seed(seed):
    return None


def empty_cache():
    return None


def synchronize():
    return None

# torch.backends.cudnn: its switches, on a machine without it.


def is_available():
    return False


def version():
    return None


enabled = True
benchmark = False
deterministic = False
allow_tf32 = True

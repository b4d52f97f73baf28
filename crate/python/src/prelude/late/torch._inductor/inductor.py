# torch._inductor: a compiler that is not there.


def list_mode_options(mode=None, dynamic=None):
    return {}

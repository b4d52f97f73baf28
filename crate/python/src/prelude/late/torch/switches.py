# What programs set for speed on other machines: it is kept, so that it reads as it was set, and changes nothing here.
_deterministic, _threads, _precision = False, 1, "highest"


def use_deterministic_algorithms(mode, *, warn_only=False):
    global _deterministic
    _deterministic = mode


def are_deterministic_algorithms_enabled():
    return _deterministic


def set_num_threads(number):
    global _threads
    _threads = number


set_num_interop_threads = set_num_threads


def get_num_threads():
    return _threads


get_num_interop_threads = get_num_threads


def set_float32_matmul_precision(precision):
    global _precision
    _precision = precision


def get_float32_matmul_precision():
    return _precision


def set_default_device(device):
    while get_default_device().type != "cpu":
        get_default_device().__exit__(None, None, None)
    if device is not None:
        _device(device).__enter__()


class _Unavailable:
    # An accelerator that is not there.
    def is_available(self):
        return False

    def device_count(self):
        return 0

    def manual_seed(self, seed):
        return None

    manual_seed_all = manual_seed

    def empty_cache(self):
        return None

    synchronize = empty_cache

    def current_accelerator(self, check_available=False):
        return None


xpu = accelerator = _Unavailable()

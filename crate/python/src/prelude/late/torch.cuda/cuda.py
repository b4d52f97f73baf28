# torch.cuda as a machine without a GPU has it.
import torch


def is_available():
    return False


is_initialized = is_bf16_supported = is_current_stream_capturing = is_available


def device_count():
    return 0


def memory_allocated(device=None):
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def manual_seed(seed):
    return None


manual_seed_all = manual_seed


def empty_cache():
    return None


init = ipc_collect = empty_cache


def reset_peak_memory_stats(device=None):
    return None


def _missing(*args, **kwargs):
    raise AssertionError("Torch not compiled with CUDA enabled")


current_device = current_stream = default_stream = get_device_capability = get_device_name = get_device_properties = _missing
get_rng_state = get_rng_state_all = mem_get_info = memory_summary = set_device = set_rng_state = synchronize = _missing
Event = Stream = stream = device = CUDAGraph = graph = _missing


class OutOfMemoryError(RuntimeError):
    pass


torch.OutOfMemoryError = OutOfMemoryError

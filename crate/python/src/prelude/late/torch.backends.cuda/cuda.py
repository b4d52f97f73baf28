# torch.backends.cuda: which kernels a GPU would take.


class _Matmul:
    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True
    allow_fp16_accumulation = False
    fp32_precision = "none"


matmul = _Matmul()
_kernels = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def is_built():
    return False


def flash_sdp_enabled():
    return _kernels["flash"]


def mem_efficient_sdp_enabled():
    return _kernels["mem_efficient"]


def math_sdp_enabled():
    return _kernels["math"]


def cudnn_sdp_enabled():
    return _kernels["cudnn"]


def enable_flash_sdp(enabled):
    _kernels["flash"] = enabled


def enable_mem_efficient_sdp(enabled):
    _kernels["mem_efficient"] = enabled


def enable_math_sdp(enabled):
    _kernels["math"] = enabled


def enable_cudnn_sdp(enabled):
    _kernels["cudnn"] = enabled


class sdp_kernel:
    def __init__(self, enable_flash=True, enable_math=True, enable_mem_efficient=True, enable_cudnn=True):
        self.chosen = {"flash": enable_flash, "mem_efficient": enable_mem_efficient, "math": enable_math, "cudnn": enable_cudnn}

    def __enter__(self):
        self.before = dict(_kernels)
        _kernels.update(self.chosen)
        return {}

    def __exit__(self, kind, value, traceback):
        _kernels.update(self.before)
        return False

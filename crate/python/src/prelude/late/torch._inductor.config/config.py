# torch._inductor.config: switches of a compiler that is not there.


class _Triton:
    unique_kernel_names = False


coordinate_descent_tuning = fx_graph_cache = False
triton = _Triton()

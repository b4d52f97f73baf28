# torch.backends: switches of the libraries below. They read as they were set, and change nothing here.


class _Backend:
    def __init__(self, **switches):
        self.__dict__.update(switches)

    def is_available(self):
        return True


mkldnn = _Backend(enabled=True, deterministic=False)
mkl = _Backend()
openmp = _Backend()
opt_einsum = _Backend(enabled=True, strategy="auto")

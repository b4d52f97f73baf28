# `torch.utils.flop_counter`: counts matrix products, convolutions and attention, by PyTorch's rules.


class FlopCounterMode:
    def __init__(self, mods=None, depth=2, display=True, custom_mapping=None):
        self.display = display
        self._counted = 0
        self._before = None

    def __enter__(self):
        self._before = _flops()
        return self

    def __exit__(self, kind, error, traceback):
        self._counted = _flops() - self._before
        self._before = None
        if self.display:
            print(f"{self._counted} FLOPs")
        return False

    def get_total_flops(self):
        if self._before is not None:
            return _flops() - self._before
        return self._counted

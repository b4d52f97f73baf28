# torch.optim needs gradients, which this engine does not compute yet: making an optimiser says so.


class Optimizer:
    def __init__(self, params, *args, **kwargs):
        raise NotImplementedError(
            f"torch.optim.{type(self).__name__}: gradients are not computed here yet; the forward pass and the loss run"
        )


class SGD(Optimizer):
    pass


class Adam(Optimizer):
    pass


class AdamW(Optimizer):
    pass


class RMSprop(Optimizer):
    pass

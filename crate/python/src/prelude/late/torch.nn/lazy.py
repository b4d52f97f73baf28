# Layers that learn the width of their input from the first one that they see
# (torch/nn/modules/lazy.py); from then on they are the layer without "Lazy".


class _Lazy:
    def __call__(self, *args, **kwargs):
        self._materialize(args[0])
        return self(*args, **kwargs)


__name__ = "torch.nn.modules.linear"


class LazyLinear(_Lazy, Linear):
    def __init__(self, out_features, bias=True, device=None, dtype=None):
        super().__init__(0, 0, bias=False, device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = Parameter(torch.empty(0, device=device, dtype=dtype))

    def reset_parameters(self):
        pass

    def _materialize(self, input):
        made = Linear(input.shape[-1], self.out_features, self.bias is not None, dtype=self.weight.dtype)
        self.__class__ = Linear
        self.in_features = made.in_features
        self.weight = made.weight
        if self.bias is not None:
            self.bias = made.bias


__name__ = "torch.nn.modules.conv"


class LazyConv2d(_Lazy, Conv2d):
    def __init__(self, out_channels, kernel_size, *args, **kwargs):
        super().__init__(0, 0, kernel_size, *args, **kwargs)
        self.out_channels = out_channels

    def reset_parameters(self):
        pass

    def _materialize(self, input):
        made = Conv2d(
            input.shape[-3], self.out_channels, self.kernel_size, self.stride, self.padding, self.dilation, self.groups,
            self.bias is not None,
        )
        self.__class__ = Conv2d
        self.in_channels = made.in_channels
        self.weight = made.weight
        if self.bias is not None:
            self.bias = made.bias


__name__ = "torch.nn.modules.batchnorm"


class _LazyBatchNorm(_Lazy):
    def __init__(self, *args, **options):
        super().__init__(0, *args, **options)

    def _materialize(self, input):
        self.num_features = input.shape[1]
        made = self._kind(self.num_features, affine=self.affine, track_running_stats=self.track_running_stats)
        self.__class__ = self._kind
        for name, tensor in made.state_dict(keep_vars=True).items():
            setattr(self, name, tensor)


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    _kind = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    _kind = BatchNorm2d

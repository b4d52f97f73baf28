# Methods that write their result where their input was, and the storage that views share.


def _in_place(name):
    def written(input, *args, **kwargs):
        return input.copy_(getattr(input, name)(*args, **kwargs))

    written.__name__ = name + "_"
    torch._method(written)


for _name in (
    "asin acos atan sinh cosh erfc logit frac fmod deg2rad rad2deg hypot xlogy copysign float_power lerp addcmul addcdiv "
    "addmm addmv addr baddbmm clip clamp_min clamp_max nan_to_num logical_and logical_or logical_xor cumprod "
    "masked_scatter scatter_reduce bitwise_left_shift bitwise_right_shift not_equal greater_equal less_equal divide "
    "bitwise_and bitwise_or bitwise_xor gcd lcm"
).split():
    _in_place(_name)


class TypedStorage:
    # All the cells that a tensor and its views share, in their order in memory.
    def __init__(self, tensor):
        self._cells = tensor.as_strided((torch._storage_size(tensor),), (1,), 0)
        self.dtype = tensor.dtype
        self.device = tensor.device

    def __len__(self):
        return self._cells.numel()

    def size(self):
        return self._cells.numel()

    def nbytes(self):
        return self._cells.nbytes

    def __getitem__(self, index):
        item = self._cells[index]
        return item.item() if item.dim() == 0 else item.tolist()

    def __setitem__(self, index, value):
        self._cells[index] = value

    def __iter__(self):
        return iter(self._cells.tolist())

    def tolist(self):
        return self._cells.tolist()

    def data_ptr(self):
        return self._cells.data_ptr()

    def __repr__(self):
        lines = "\n ".join([str(value) for value in self._cells.tolist()])
        return f" {lines}\n[torch.storage.TypedStorage(dtype={self.dtype}, device={self.device}) of size {len(self)}]"


@_method
def storage(input):
    return TypedStorage(input)


class UntypedStorage(TypedStorage):
    # The same memory counted in bytes.
    def __len__(self):
        return self._cells.nbytes

    def size(self):
        return self._cells.nbytes


@_method
def untyped_storage(input):
    return UntypedStorage(input)

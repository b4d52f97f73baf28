# Methods that write their result where their input was, and the storage that views share.


def _in_place(name):
    def written(input, *args, **kwargs):
        return input.copy_(getattr(input, name)(*args, **kwargs))

    written.__name__ = name + "_"
    return torch._method(written)


asin_ = _in_place("asin")
acos_ = _in_place("acos")
atan_ = _in_place("atan")
sinh_ = _in_place("sinh")
cosh_ = _in_place("cosh")
erfc_ = _in_place("erfc")
logit_ = _in_place("logit")
frac_ = _in_place("frac")
fmod_ = _in_place("fmod")
deg2rad_ = _in_place("deg2rad")
rad2deg_ = _in_place("rad2deg")
hypot_ = _in_place("hypot")
xlogy_ = _in_place("xlogy")
copysign_ = _in_place("copysign")
float_power_ = _in_place("float_power")
lerp_ = _in_place("lerp")
addcmul_ = _in_place("addcmul")
addcdiv_ = _in_place("addcdiv")
addmm_ = _in_place("addmm")
addmv_ = _in_place("addmv")
addr_ = _in_place("addr")
baddbmm_ = _in_place("baddbmm")
clip_ = _in_place("clip")
clamp_min_ = _in_place("clamp_min")
clamp_max_ = _in_place("clamp_max")
nan_to_num_ = _in_place("nan_to_num")
logical_and_ = _in_place("logical_and")
logical_or_ = _in_place("logical_or")
logical_xor_ = _in_place("logical_xor")
cumprod_ = _in_place("cumprod")
masked_scatter_ = _in_place("masked_scatter")
scatter_reduce_ = _in_place("scatter_reduce")
bitwise_left_shift_ = _in_place("bitwise_left_shift")
bitwise_right_shift_ = _in_place("bitwise_right_shift")
not_equal_ = _in_place("not_equal")
greater_equal_ = _in_place("greater_equal")
less_equal_ = _in_place("less_equal")
divide_ = _in_place("divide")
bitwise_and_ = _in_place("bitwise_and")
bitwise_or_ = _in_place("bitwise_or")
bitwise_xor_ = _in_place("bitwise_xor")
gcd_ = _in_place("gcd")
lcm_ = _in_place("lcm")


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

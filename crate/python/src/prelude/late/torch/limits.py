# The limits of dtypes.
import math

class finfo:
    _limits = {
        float64: (64, 2.220446049250313e-16, 1.7976931348623157e308, 2.2250738585072014e-308),
        float32: (32, 1.1920928955078125e-07, 3.4028234663852886e38, 1.1754943508222875e-38),
        float16: (16, 0.0009765625, 65504.0, 6.103515625e-05),
        bfloat16: (16, 0.0078125, 3.3895313892515355e38, 1.1754943508222875e-38),
    }

    def __init__(self, type=None):
        dtype = get_default_dtype() if type is None else type
        if dtype not in self._limits:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{dtype}'"
            )
        self.bits, self.eps, self.max, self.tiny = self._limits[dtype]
        self.min = -self.max
        self.smallest_normal = self.tiny
        self.resolution = 10.0 ** -int(-math.log10(self.eps))
        self.dtype = str(dtype).replace("torch.", "")

    def __repr__(self):
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.tiny:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    _limits = {
        int64: (64, -9223372036854775807 - 1, 9223372036854775807),
        int32: (32, -2147483648, 2147483647),
        int8: (8, -128, 127),
        uint8: (8, 0, 255),
    }

    def __init__(self, type):
        if type not in self._limits:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type}'")
        self.bits, self.min, self.max = self._limits[type]
        self.dtype = str(type).replace("torch.", "")

    def __repr__(self):
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

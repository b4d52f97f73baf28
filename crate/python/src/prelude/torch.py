# The parts of `torch` that hold state across lines: gradient modes, generators, limits of dtypes.
import math

__version__ = "2.15.0"


class _GradientMode:
    # A context manager that is a decorator, too: `with torch.no_grad():` and `@torch.no_grad()`.
    mode = False

    def __enter__(self):
        self.before = _set_grad_enabled(self.mode)
        return None

    def __exit__(self, kind, error, traceback):
        _set_grad_enabled(self.before)
        return False

    def __call__(self, function):
        manager = self

        def wrapped(*args, **kwargs):
            with manager:
                return function(*args, **kwargs)

        wrapped.__name__ = function.__name__
        return wrapped


class no_grad(_GradientMode):
    def __new__(cls, function=None):
        # `@torch.no_grad` without brackets decorates at once.
        manager = object.__new__(cls)
        return manager if function is None else manager(function)

    def __init__(self, function=None):
        pass


class enable_grad(_GradientMode):
    mode = True


class inference_mode(_GradientMode):
    active = False

    def __init__(self, mode=True):
        self.mode = not mode

    def __enter__(self):
        self.outer = inference_mode.active
        inference_mode.active = not self.mode
        return super().__enter__()

    def __exit__(self, kind, error, traceback):
        inference_mode.active = self.outer
        return super().__exit__(kind, error, traceback)


class set_grad_enabled(_GradientMode):
    # Acts at once, and as a context manager puts back what was before.
    def __init__(self, mode):
        self.mode = mode
        self.before = _set_grad_enabled(mode)

    def __enter__(self):
        return None

    def __repr__(self):
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"


class Generator:
    # A stream of random numbers of its own.
    def __init__(self, device="cpu"):
        self._number = _generator()
        self.device = _device(device)

    def manual_seed(self, seed):
        _seed(seed, self)
        return self

    def seed(self):
        _seed(_fresh_seed(), self)
        return self.initial_seed()

    def initial_seed(self):
        return _initial_seed(self)

    def get_state(self):
        return _rng_state(self)

    def set_state(self, new_state):
        _set_rng_state(new_state, self)
        return self

    def clone_state(self):
        return Generator(self.device).set_state(self.get_state())


_seed = manual_seed
_device = device


def _fresh_seed():
    # PyTorch asks the machine; a program here prints the same twice, so that a reader can follow it.
    return randint(2**53, (1,)).item()


class _DefaultGenerator(Generator):
    def __init__(self):
        self._number = None
        self.device = _device("cpu")


_default_generator = _DefaultGenerator()
default_generator = _default_generator


def manual_seed(seed):
    # Not `int(seed)`: in this module `int` is a dtype.
    return _default_generator.manual_seed(seed)


def seed():
    return _default_generator.seed()


def initial_seed():
    return _default_generator.initial_seed()


def get_rng_state():
    return _default_generator.get_state()


def set_rng_state(new_state):
    _default_generator.set_state(new_state)


def is_inference_mode_enabled():
    return inference_mode.active


contiguous_format, preserve_format, channels_last = "torch.contiguous_format", "torch.preserve_format", "torch.channels_last"
strided = "torch.strided"
newaxis = None


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


def compile(model=None, **options):
    # There is one engine: compiling gives the program as it is.
    if model is None:
        return lambda function: function
    return model


def get_device(tensor):
    return -1


def numel(tensor):
    return tensor.numel()


def swapaxes(input, axis0, axis1):
    return input.transpose(axis0, axis1)


def tensordot(a, b, dims=2):
    # Contracts the last dimensions of `a` with the first of `b`, or the dimensions that two lists name.
    if isinstance(dims, int):
        left, right = list(range(a.dim() - dims, a.dim())), list(range(dims))
    else:
        left = [d % a.dim() for d in dims[0]]
        right = [d % b.dim() for d in dims[1]]
    rows = [d for d in range(a.dim()) if d not in left]
    columns = [d for d in range(b.dim()) if d not in right]
    inner = math.prod([a.size(d) for d in left])
    matrix = a.permute(*rows, *left).reshape(-1, inner) @ b.permute(*right, *columns).reshape(inner, -1)
    return matrix.reshape([a.size(d) for d in rows] + [b.size(d) for d in columns])


def cdist(x1, x2, p=2.0):
    # The distance of each row of x1 (.., N, D) from each row of x2 (.., M, D).
    return _with_gradient_name((x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, dim=-1), "CdistBackward0")

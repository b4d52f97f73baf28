# The parts of `torch` that hold state across lines: gradient modes and generators.
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

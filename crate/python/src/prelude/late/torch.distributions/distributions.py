# torch.distributions: the four that sampling and policies are written with (torch/distributions/*.py).
import math

import torch
import torch.nn.functional as F

categorical = normal = bernoulli = uniform = distribution = kl = torch.distributions
__name__ = "torch.distributions.distribution"


def _together(*values):
    tensors = [value if isinstance(value, torch.Tensor) else torch.tensor(float(value)) for value in values]
    return torch.broadcast_tensors(*tensors)


class Distribution:
    _validate_args = True
    # Its parameters in the order in which they print, each with a test of its values and that test's name.
    arg_constraints = {}

    def __init__(self, batch_shape=torch.Size(), event_shape=torch.Size(), validate_args=None):
        self._batch_shape = batch_shape
        self._event_shape = event_shape
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            for name, (is_valid, constraint) in self.arg_constraints.items():
                if name in self.__dict__ and not is_valid(getattr(self, name)).all():
                    value = getattr(self, name)
                    raise ValueError(
                        f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                        f"{self!r} to satisfy the constraint {constraint}, but found invalid values:\n{value}"
                    )

    @staticmethod
    def set_default_validate_args(value):
        Distribution._validate_args = value

    @property
    def batch_shape(self):
        return self._batch_shape

    @property
    def event_shape(self):
        return self._event_shape

    @property
    def stddev(self):
        return self.variance.sqrt()

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape=torch.Size()):
        raise NotImplementedError

    def sample_n(self, n):
        return self.sample(torch.Size((n,)))

    def perplexity(self):
        return torch.exp(self.entropy())

    def _extended_shape(self, sample_shape=torch.Size()):
        return torch.Size(tuple(sample_shape) + tuple(self._batch_shape) + tuple(self._event_shape))

    def _check_sample(self, value):
        if not self._validate_args:
            return
        if not isinstance(value, torch.Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        expected = self._batch_shape + self._event_shape
        for actual, wanted in zip(reversed(value.shape), reversed(expected)):
            if actual != 1 and wanted != 1 and actual != wanted:
                raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {value.shape} vs {expected}.")
        is_valid, support = self._support()
        if not is_valid(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the support "
                f"({support}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self):
        names = [name for name in self.arg_constraints if name in self.__dict__]
        shown = [(name, self.__dict__[name]) for name in names]
        parts = [f"{name}: {value if value.numel() == 1 else value.size()}" for name, value in shown]
        return f"{type(self).__name__}({', '.join(parts)})"


def _is_real(value):
    return value == value


class _OfProbabilities(Distribution):
    # Made of probabilities or of logits; the others are computed when they are asked for, and kept.
    def _start(self, probs, logits):
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")

    def __getattr__(self, name):
        if name == "probs" and "logits" in self.__dict__:
            self.probs = self._probs_of(self.logits)
            return self.probs
        if name == "logits" and "probs" in self.__dict__:
            eps = torch.finfo(self.probs.dtype).eps
            self.logits = self._logits_of(self.probs.clamp(min=eps, max=1 - eps))
            return self.logits
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def param_shape(self):
        return self._param.size()


__name__ = "torch.distributions.categorical"


class Categorical(_OfProbabilities):
    arg_constraints = {
        "probs": (lambda p: (p >= 0).all(-1) & ((p.sum(-1) - 1).abs() < 1e-6), "Simplex()"),
        "logits": (_is_real, "IndependentConstraint(Real(), 1)"),
    }

    def __init__(self, probs=None, logits=None, validate_args=None):
        self._start(probs, logits)
        name = "probs" if logits is None else "logits"
        given = probs if logits is None else logits
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if logits is None:
            self.probs = self._param = probs / probs.sum(-1, keepdim=True)
        else:
            self.logits = self._param = logits - logits.logsumexp(dim=-1, keepdim=True)
        self._num_events = given.size(-1)
        super().__init__(given.size()[:-1], validate_args=validate_args)

    def _probs_of(self, logits):
        return F.softmax(logits, dim=-1)

    def _logits_of(self, probs):
        return torch.log(probs)

    def _support(self):
        last = self._num_events - 1
        return lambda value: (value % 1 == 0) & (value >= 0) & (value <= last), f"IntegerInterval(lower_bound=0, upper_bound={last})"

    @property
    def mode(self):
        return self.probs.argmax(dim=-1)

    @property
    def mean(self):
        return torch.full(self._extended_shape(), math.nan)

    variance = mean

    def sample(self, sample_shape=torch.Size()):
        shape = self._extended_shape(sample_shape)
        rows = self.probs.reshape(-1, self._num_events)
        return torch.multinomial(rows, math.prod(sample_shape), True).T.reshape(shape)

    def log_prob(self, value):
        self._check_sample(value)
        value, table = torch.broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return table.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self):
        logits = torch.clamp(self.logits, min=torch.finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand=True):
        values = torch.arange(self._num_events).view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1,) + tuple(self._batch_shape)) if expand else values


__name__ = "torch.distributions.bernoulli"


class Bernoulli(_OfProbabilities):
    arg_constraints = {
        "probs": (lambda p: (p >= 0) & (p <= 1), "Interval(lower_bound=0.0, upper_bound=1.0)"),
        "logits": (_is_real, "Real()"),
    }

    def __init__(self, probs=None, logits=None, validate_args=None):
        self._start(probs, logits)
        if logits is None:
            self.probs = self._param = _together(probs)[0]
        else:
            self.logits = self._param = _together(logits)[0]
        super().__init__(self._param.size(), validate_args=validate_args)

    def _probs_of(self, logits):
        return torch.sigmoid(logits)

    def _logits_of(self, probs):
        return torch.log(probs) - torch.log1p(-probs)

    def _support(self):
        return lambda value: (value == 0) | (value == 1), "Boolean()"

    @property
    def mean(self):
        return self.probs

    @property
    def variance(self):
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape=torch.Size()):
        with torch.no_grad():
            return torch.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        self._check_sample(value)
        logits, value = _together(self.logits, value)
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self):
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")


__name__ = "torch.distributions.normal"


class Normal(Distribution):
    arg_constraints = {"loc": (_is_real, "Real()"), "scale": (lambda s: s > 0, "GreaterThan(lower_bound=0.0)")}

    def __init__(self, loc, scale, validate_args=None):
        self.loc, self.scale = _together(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def _support(self):
        return _is_real, "Real()"

    @property
    def mean(self):
        return self.loc

    mode = mean

    @property
    def stddev(self):
        return self.scale

    @property
    def variance(self):
        return self.stddev.pow(2)

    def sample(self, sample_shape=torch.Size()):
        shape = self._extended_shape(sample_shape)
        with torch.no_grad():
            return torch.normal(self.loc.expand(shape), self.scale.expand(shape))

    def rsample(self, sample_shape=torch.Size()):
        return self.loc + torch.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype) * self.scale

    def log_prob(self, value):
        self._check_sample(value)
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - self.scale.log() - math.log(math.sqrt(2 * math.pi))

    def cdf(self, value):
        self._check_sample(value)
        return 0.5 * (1 + torch.erf((value - self.loc) * self.scale.reciprocal() / math.sqrt(2)))

    def entropy(self):
        return 0.5 + 0.5 * math.log(2 * math.pi) + torch.log(self.scale)


__name__ = "torch.distributions.uniform"


class Uniform(Distribution):
    arg_constraints = {"low": (_is_real, "Real()"), "high": (_is_real, "Real()")}

    def __init__(self, low, high, validate_args=None):
        self.low, self.high = _together(low, high)
        super().__init__(self.low.size(), validate_args=validate_args)

    def _support(self):
        return lambda value: (self.low <= value) & (value <= self.high), f"Interval(lower_bound={self.low}, upper_bound={self.high})"

    @property
    def mean(self):
        return (self.high + self.low) / 2

    @property
    def variance(self):
        return (self.high - self.low).pow(2) / 12

    def rsample(self, sample_shape=torch.Size()):
        return self.low + torch.rand(self._extended_shape(sample_shape), dtype=self.low.dtype) * (self.high - self.low)

    def log_prob(self, value):
        self._check_sample(value)
        inside = self.low.le(value).type_as(self.low).mul(self.high.gt(value).type_as(self.low))
        return torch.log(inside) - torch.log(self.high - self.low)

    def cdf(self, value):
        self._check_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(min=0, max=1)

    def entropy(self):
        return torch.log(self.high - self.low)


__name__ = "torch.distributions.kl"


def kl_divergence(p, q):
    if isinstance(p, Categorical) and isinstance(q, Categorical):
        terms = p.probs * (p.logits - q.logits)
        terms = terms.masked_fill((q.probs == 0).expand_as(terms), math.inf)
        return terms.masked_fill((p.probs == 0).expand_as(terms), 0).sum(-1)
    if isinstance(p, Normal) and isinstance(q, Normal):
        ratio = (p.scale / q.scale).pow(2)
        return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())
    if isinstance(p, Bernoulli) and isinstance(q, Bernoulli):
        ones = p.probs * (F.softplus(-q.logits) - F.softplus(-p.logits))
        ones = ones.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0)
        zeros = (1 - p.probs) * (F.softplus(q.logits) - F.softplus(p.logits))
        return ones + zeros.masked_fill(q.probs == 1, math.inf).masked_fill(p.probs == 1, 0)
    raise NotImplementedError(f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}")


__name__ = "torch.distributions"

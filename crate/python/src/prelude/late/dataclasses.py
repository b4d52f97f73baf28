from _prelude import _repr


class _Missing:
    def __repr__(self):
        return "<missing>"


MISSING = _Missing()


class KW_ONLY:
    # Annotated so, what follows is given by name.
    pass


class InitVar:
    # Annotated so, a parameter that goes to __post_init__ and nowhere else.
    def __class_getitem__(cls, key):
        return cls



class FrozenInstanceError(AttributeError):
    pass


class Field:
    def __init__(self, default, default_factory, init, repr, compare, metadata, kw_only):
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare
        self.metadata, self.kw_only = metadata, kw_only
        self.name = self.type = None
        self.is_init_var = False


def field(*, default=MISSING, default_factory=MISSING, init=True, repr=True, hash=None, compare=True, metadata=None, kw_only=False):
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init, repr, compare, metadata, kw_only)


def dataclass(cls=None, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False, kw_only=False, slots=False):
    if cls is None:
        return lambda decorated: _process(decorated, init, repr, eq, order, frozen, kw_only)
    return _process(cls, init, repr, eq, order, frozen, kw_only)


def _process(cls, init, repr, eq, order, frozen, kw_only):
    collected = {}
    for base in cls.__mro__[::-1]:
        for name, known in getattr(base, "__dict__", {}).get("__dataclass_fields__", {}).items():
            collected[name] = known
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():
        text = annotation if isinstance(annotation, str) else str(annotation)
        text = text.removeprefix("<class '").removeprefix("dataclasses.").removeprefix("typing.")
        if text.startswith("KW_ONLY"):
            kw_only = True
            continue
        if text.startswith("ClassVar"):
            continue
        default = cls.__dict__.get(name, MISSING)
        if isinstance(default, Field):
            entry = default
            if entry.default is not MISSING:
                setattr(cls, name, entry.default)
            elif name in cls.__dict__:
                delattr(cls, name)
        else:
            if isinstance(default, (list, dict, set)):
                raise ValueError(f"mutable default {type(default)} for field {name} is not allowed: use default_factory")
            entry = Field(default, MISSING, True, True, True, None, kw_only)
        entry.name, entry.type = name, annotation
        entry.is_init_var = text.startswith("InitVar")
        collected[name] = entry
    defaults_began = False
    for entry in collected.values():
        if not entry.init or entry.kw_only:
            continue
        has_default = entry.default is not MISSING or entry.default_factory is not MISSING
        if defaults_began and not has_default:
            raise TypeError(f"non-default argument '{entry.name}' follows default argument")
        defaults_began = defaults_began or has_default
    parameters = collected
    collected = {name: entry for name, entry in collected.items() if not entry.is_init_var}
    cls.__dataclass_fields__ = parameters
    cls.__match_args__ = tuple(collected)
    if init and "__init__" not in cls.__dict__:
        cls.__init__ = _make_init(cls, parameters, frozen)
    if repr and "__repr__" not in cls.__dict__:
        cls.__repr__ = _make_repr(collected)
    compared = [name for name, entry in collected.items() if entry.compare]
    if eq and "__eq__" not in cls.__dict__:
        cls.__eq__ = _make_eq(compared)
    if order:
        _add_order(cls, compared)
    if frozen:
        cls.__hash__ = lambda self: hash(tuple([getattr(self, name) for name in compared]))
        _freeze(cls)
    return cls


def _make_init(cls, collected, frozen):
    def __init__(self, *args, **kwargs):
        positional = [entry for entry in collected.values() if entry.init and not entry.kw_only]
        if len(args) > len(positional):
            takes, given = len(positional) + 1, len(args) + 1
            least = 1 + len([entry for entry in positional if entry.default is MISSING and entry.default_factory is MISSING])
            takes = f"from {least} to {takes} positional arguments" if least < takes else f"{takes} positional argument{'s'[: takes - 1]}"
            raise TypeError(f"{cls.__name__}.__init__() takes {takes} but {given} were given")
        values = {}
        for entry, value in zip(positional, args):
            values[entry.name] = value
        for name, value in kwargs.items():
            if name in values:
                raise TypeError(f"{cls.__name__}.__init__() got multiple values for argument '{name}'")
            if name not in collected or not collected[name].init:
                raise TypeError(f"{cls.__name__}.__init__() got an unexpected keyword argument '{name}'")
            values[name] = value
        missing, given = [], []
        for name, entry in collected.items():
            if name in values:
                value = values[name]
            elif entry.default_factory is not MISSING:
                value = entry.default_factory()
            elif entry.default is not MISSING:
                value = entry.default
            elif entry.init:
                missing.append(f"'{name}'")
                continue
            else:
                continue
            if entry.is_init_var:
                given.append(value)
            else:
                object.__setattr__(self, name, value)
        if missing:
            plural = "" if len(missing) == 1 else "s"
            listed = missing[0] if len(missing) == 1 else ", ".join(missing[:-1]) + ("," if len(missing) > 2 else "") + " and " + missing[-1]
            raise TypeError(f"{cls.__name__}.__init__() missing {len(missing)} required positional argument{plural}: {listed}")
        if hasattr(self, "__post_init__"):
            self.__post_init__(*given)

    return __init__


def _make_repr(collected):
    def __repr__(self):
        shown = [f"{name}={_repr(getattr(self, name))}" for name, entry in collected.items() if entry.repr]
        return f"{type(self).__name__}({', '.join(shown)})"

    return __repr__


def _make_eq(compared):
    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in compared)

    return __eq__


def _add_order(cls, compared):
    def key(self):
        return tuple([getattr(self, name) for name in compared])

    cls.__lt__ = lambda self, other: key(self) < key(other)
    cls.__le__ = lambda self, other: key(self) <= key(other)
    cls.__gt__ = lambda self, other: key(self) > key(other)
    cls.__ge__ = lambda self, other: key(self) >= key(other)


def _freeze(cls):
    # The machine asks this before it sets an attribute; such objects are equal as keys where their fields are.
    def refuse(self, name, value):
        raise FrozenInstanceError(f"cannot assign to field '{name}'")

    cls.__frozen__ = refuse


def fields(obj):
    if not hasattr(obj, "__dataclass_fields__"):
        raise TypeError("must be called with a dataclass type or instance")
    return tuple([entry for entry in obj.__dataclass_fields__.values() if not entry.is_init_var])


def is_dataclass(obj):
    return hasattr(obj, "__dataclass_fields__")


def _plain(value):
    if is_dataclass(value):
        return asdict(value)
    if isinstance(value, (list, tuple)):
        return type(value)([_plain(item) for item in value])
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def asdict(obj):
    if not is_dataclass(obj) or isinstance(obj, type):
        raise TypeError("asdict() should be called on dataclass instances")
    return {entry.name: _plain(getattr(obj, entry.name)) for entry in fields(obj)}


def astuple(obj):
    return tuple([_plain(getattr(obj, entry.name)) for entry in fields(obj)])


def replace(obj, **changes):
    values = {name: getattr(obj, name) for name, entry in obj.__dataclass_fields__.items() if entry.init}
    values.update(changes)
    return type(obj)(**values)

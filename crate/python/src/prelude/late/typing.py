from _prelude import _annotation

Any = Callable = ClassVar = Dict = Final = FrozenSet = Generator = Iterable = Iterator = List = Literal = _annotation
Mapping = MutableMapping = NoReturn = Optional = Sequence = Set = Tuple = Type = Union = _annotation
TYPE_CHECKING = False


class Generic:
    def __class_getitem__(cls, key):
        return cls


class Protocol:
    def __class_getitem__(cls, key):
        return cls


class NamedTuple:
    pass


class TypedDict:
    pass


def TypeVar(name, *constraints, **options):
    return _annotation


def cast(kind, value):
    return value


def overload(function):
    return function


def final(function):
    return function


def runtime_checkable(cls):
    return cls


def NewType(name, kind):
    return kind

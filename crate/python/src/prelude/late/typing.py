import _mixins
import collections

TYPE_CHECKING = False
NoneType = type(None)


def _shown(kind):
    if kind is ...:
        return "..."
    if isinstance(kind, list):
        return "[" + ", ".join([_shown(each) for each in kind]) + "]"
    if isinstance(kind, type):
        return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"ForwardRef({kind!r})" if isinstance(kind, str) else repr(kind)


class _Form:
    # The machine asks `_kinds` and `_method` where it checks instances.
    def __init__(self, name, *kinds, method="."):
        self._name = name
        if kinds or method != ".":
            self._kinds, self._method = kinds, method
        # What a class derives from whose base this is.
        if kinds or method != ".":
            self.__origin__ = kinds[0] if kinds else object

    def __repr__(self):
        return "typing." + self._name

    def __getitem__(self, key):
        key = key if isinstance(key, tuple) else (key,)
        if self._name in ("Union", "Optional"):
            return _union(key if self._name == "Union" else key + (None,), False)
        return _Alias(self, key)

    def __call__(self, *args, **kwargs):
        origin = getattr(self, "__origin__", None)
        if isinstance(self, GenericAlias) or isinstance(origin, type) and origin.__module__ == "collections":
            return origin(*args, **kwargs)
        instead = f"{origin.__name__}() instead" if isinstance(origin, type) else "a class"
        raise TypeError(f"Type {self._name} cannot be instantiated; use {instead}")

    def __or__(self, other):
        return _union((self, other), isinstance(self, GenericAlias))

    def __ror__(self, other):
        return _union((other, self), isinstance(self, GenericAlias))


class _Alias(_Form):
    def __init__(self, form, args):
        self._form, self.__args__ = form, tuple([NoneType if each is None else each for each in args])
        self.__origin__, self._name = getattr(form, "__origin__", form), getattr(form, "_name", "")

    def __repr__(self):
        show = repr if self._form is Literal else _shown
        return f"{self._form!r}[{', '.join([show(each) for each in self.__args__])}]"

    def __eq__(self, other):
        return isinstance(other, _Alias) and repr(self) == repr(other)

    def __hash__(self):
        return hash(repr(self))


class GenericAlias(_Alias):
    def __init__(self, kind, key):
        super().__init__(kind, key if isinstance(key, tuple) else (key,))
        self.__origin__ = kind

    def __repr__(self):
        return f"{_shown(self.__origin__)}[{', '.join([_shown(each) for each in self.__args__])}]"


class UnionType(_Alias):
    def __init__(self, args, written):
        super().__init__(Union, args)
        self._kinds, self._method, self._written = self.__args__, ".", written

    def __repr__(self):
        if self._written:
            return " | ".join(["None" if each is NoneType else _shown(each) for each in self.__args__])
        others = [_shown(each) for each in self.__args__ if each is not NoneType]
        if len(others) == 1:
            return f"typing.Optional[{others[0]}]"
        return f"typing.Union[{', '.join([_shown(each) for each in self.__args__])}]"

    def __or__(self, other):
        return _union((self, other), self._written)

    def __ror__(self, other):
        return _union((other, self), self._written)


def _either(*kinds):
    # `int | str`
    return _union(kinds, True)


def _union(kinds, written):
    args = []
    for kind in kinds:
        for each in kind.__args__ if isinstance(kind, UnionType) else (NoneType if kind is None else kind,):
            if written and not isinstance(each, (type, _Form)):
                return NotImplemented
            if each not in args:
                args.append(each)
    return args[0] if len(args) == 1 else UnionType(args, written)


class TypeVar(_Form):
    def __init__(self, name, *constraints, **options):
        self.__name__ = self._name = name

    def __repr__(self):
        return "~" + self._name


ParamSpec = TypeVarTuple = TypeVar
# Any other name: whatever is imported for annotations is never used otherwise.
_annotation = Any = _Form("Any")
Annotated, ClassVar, Concatenate, Final, Literal = map(_Form, ("Annotated", "ClassVar", "Concatenate", "Final", "Literal"))
NoReturn, Never, Self, TypeAlias, TypeGuard = map(_Form, ("NoReturn", "Never", "Self", "TypeAlias", "TypeGuard"))
Hashable, LiteralString, Required, NotRequired = map(_Form, ("Hashable", "LiteralString", "Required", "NotRequired"))
Text, Union, Optional = str, _Form("Union"), _Form("Optional")
List, Tuple, Dict, Type = _Form("List", list), _Form("Tuple", tuple), _Form("Dict", dict), _Form("Type", type)
Set, FrozenSet, MutableSequence = _Form("Set", set, frozenset), _Form("FrozenSet", frozenset), _Form("MutableSequence", _mixins.MutableSequence, list)
Mapping, MutableMapping = _Form("Mapping", _mixins.Mapping, dict), _Form("MutableMapping", _mixins.MutableMapping, dict)
Sequence, Collection = _Form("Sequence", _mixins.Sequence, list, tuple, str, bytes, range), _Form("Collection", method="__len__")
Iterable, Sized, Container = _Form("Iterable", method="__iter__"), _Form("Sized", method="__len__"), _Form("Container", method="__contains__")
Iterator, Generator = _Form("Iterator", _mixins.Iterator, type(iter([])), method="__next__"), _Form("Generator", type(_ for _ in ()))
Deque, Counter = _Form("Deque", collections.deque), _Form("Counter", collections.Counter)
DefaultDict, OrderedDict = _Form("DefaultDict", collections.defaultdict), _Form("OrderedDict", collections.OrderedDict)
AbstractSet, Awaitable, ContextManager, SupportsFloat = map(_Form, ("AbstractSet", "Awaitable", "ContextManager", "SupportsFloat"))
SupportsIndex, SupportsInt, IO, TextIO, Unpack = map(_Form, ("SupportsIndex", "SupportsInt", "IO", "TextIO", "Unpack"))
Callable = _Form("Callable", type(len), type(_shown), type([].append), type, method="__call__")


class Generic:
    def __class_getitem__(cls, key):
        return cls


class Protocol:
    def __class_getitem__(cls, key):
        return cls


class NamedTuple:
    pass


class TypedDict(dict):
    pass


def get_origin(kind):
    return getattr(kind, "__origin__", None)


def get_args(kind):
    return getattr(kind, "__args__", ())


def get_type_hints(obj, *args, **options):
    hints = {}
    for owner in obj.__mro__[::-1] if isinstance(obj, type) else [obj]:
        hints.update(owner.__annotations__)
    return {name: NoneType if hint is None else hint for name, hint in hints.items()}


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

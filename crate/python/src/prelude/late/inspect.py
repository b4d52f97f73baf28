# What code asks of functions and their parameters.
import types
from collections import OrderedDict, namedtuple

from _prelude import _frame, _parameters


def isclass(value):
    return isinstance(value, type)


def isfunction(value):
    return isinstance(value, types.FunctionType)


def ismethod(value):
    return isinstance(value, types.MethodType)


def isbuiltin(value):
    return isinstance(value, types.BuiltinFunctionType)


def ismodule(value):
    return isinstance(value, types.ModuleType)


def isgenerator(value):
    return isinstance(value, types.GeneratorType)


def isroutine(value):
    return isfunction(value) or ismethod(value) or isbuiltin(value)


def getmembers(object, predicate=None):
    members = [(name, getattr(object, name)) for name in sorted(dir(object)) if hasattr(object, name)]
    return [(name, value) for name, value in members if predicate is None or predicate(value)]


def getmro(cls):
    return cls.__mro__


def getdoc(object):
    return cleandoc(object.__doc__) if object.__doc__ else None


def cleandoc(doc):
    import textwrap

    first, _, rest = doc.partition("\n")
    return (first.lstrip() + "\n" + textwrap.dedent(rest)).strip("\n")


def getsource(object):
    raise NotImplementedError("inspect.getsource is outside the subset: a program cannot read its own text")


def unwrap(func, *, stop=None):
    while hasattr(func, "__wrapped__"):
        func = func.__wrapped__
    return func


class _empty:
    pass


class _Kind:
    def __init__(self, value, name):
        self.value, self.name, self.description = value, name, name.replace("_", " ").lower().replace("var", "variadic")

    def __lt__(self, other):
        return self.value < other.value

    def __str__(self):
        return self.name

    def __repr__(self):
        return f"<_ParameterKind.{self.name}: {self.value}>"


_NAMES = ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD")
_KINDS = [_Kind(value, name) for value, name in enumerate(_NAMES)]


def _shown(annotation):
    if not isinstance(annotation, type):
        return repr(annotation).replace("typing.", "")
    module = annotation.__module__
    return annotation.__qualname__ if module == "builtins" else f"{module}.{annotation.__qualname__}"


class Parameter:
    POSITIONAL_ONLY, POSITIONAL_OR_KEYWORD, VAR_POSITIONAL, KEYWORD_ONLY, VAR_KEYWORD = _KINDS
    empty = _empty

    def __init__(self, name, kind, *, default=_empty, annotation=_empty):
        self.name, self.kind, self.default, self.annotation = name, kind, default, annotation

    def replace(self, **changes):
        return Parameter(**{**self.__dict__, **changes})

    def __str__(self):
        text = {2: "*", 4: "**"}.get(self.kind.value, "") + self.name
        annotated = self.annotation is not _empty
        text += f": {_shown(self.annotation)}" if annotated else ""
        return text if self.default is _empty else f"{text} = {self.default!r}" if annotated else f"{text}={self.default!r}"

    def __repr__(self):
        return f'<Parameter "{self}">'


class BoundArguments:
    def __init__(self, signature, arguments):
        self.signature, self.arguments = signature, arguments

    def _of_kind(self, *kinds):
        return {name: value for name, value in self.arguments.items() if self.signature.parameters[name].kind.value in kinds}

    @property
    def args(self):
        return tuple(self._of_kind(0, 1).values()) + tuple([item for rest in self._of_kind(2).values() for item in rest])

    @property
    def kwargs(self):
        rest = [pair for keywords in self._of_kind(4).values() for pair in keywords.items()]
        return {**self._of_kind(3), **dict(rest)}

    def apply_defaults(self):
        empty = {2: (), 4: {}}
        arguments = {}
        for name, parameter in self.signature.parameters.items():
            if name in self.arguments:
                arguments[name] = self.arguments[name]
            elif parameter.kind.value in empty:
                arguments[name] = empty[parameter.kind.value]
            elif parameter.default is not _empty:
                arguments[name] = parameter.default
        self.arguments = arguments


class Signature:
    empty = _empty

    def __init__(self, parameters=None, *, return_annotation=_empty):
        self.parameters = OrderedDict([(parameter.name, parameter) for parameter in parameters or []])
        self.return_annotation = return_annotation

    def replace(self, *, parameters=None, return_annotation=_empty):
        return Signature(self.parameters.values() if parameters is None else parameters, return_annotation=return_annotation)

    def bind_partial(self, *args, **kwargs):
        return self._bind(args, kwargs, True)

    def bind(self, *args, **kwargs):
        return self._bind(args, kwargs, False)

    def _bind(self, args, kwargs, partial):
        arguments, args = {}, list(args)
        for name, parameter in self.parameters.items():
            kind = parameter.kind.value
            if kind == 2:
                if args:
                    arguments[name], args = tuple(args), []
            elif kind == 4:
                if kwargs:
                    arguments[name], kwargs = kwargs, {}
            elif kind < 2 and args:
                if name in kwargs:
                    raise TypeError(f"multiple values for argument {name!r}")
                arguments[name] = args.pop(0)
            elif name in kwargs:
                arguments[name] = kwargs.pop(name)
            elif not partial and parameter.default is _empty:
                raise TypeError(f"missing a required argument: {name!r}")
        if args:
            raise TypeError("too many positional arguments")
        if kwargs:
            raise TypeError(f"got an unexpected keyword argument {next(iter(kwargs))!r}")
        return BoundArguments(self, arguments)

    def __str__(self):
        parts, last = [], -1
        for parameter in self.parameters.values():
            kind = parameter.kind.value
            if last == 0 and kind > 0:
                parts.append("/")
            if kind == 3 and last not in (2, 3):
                parts.append("*")
            parts.append(str(parameter))
            last = kind
        if last == 0:
            parts.append("/")
        returns = "" if self.return_annotation is _empty else f" -> {_shown(self.return_annotation)}"
        return f"({', '.join(parts)}){returns}"

    def __repr__(self):
        return f"<Signature {self}>"


def signature(obj, *, follow_wrapped=True):
    if not callable(obj):
        raise TypeError(f"{obj!r} is not a callable object")
    skip = 0
    if ismethod(obj):
        obj, skip = obj.__func__, 1
    elif isclass(obj):
        if not isfunction(obj.__init__):
            return Signature()
        obj, skip = obj.__init__, 1
    elif not isfunction(obj) and not isbuiltin(obj) and hasattr(type(obj), "__call__"):
        obj, skip = type(obj).__call__, 1
    obj = unwrap(obj) if follow_wrapped else obj
    found = _parameters(obj)
    if found is None:
        raise ValueError(f"no signature found for builtin {obj!r}")
    annotations = getattr(obj, "__annotations__", {})
    parameters = []
    for name, kind, *default in found[skip:]:
        options = {"default": default[0]} if default else {}
        parameters.append(Parameter(name, _KINDS[kind], annotation=annotations.get(name, _empty), **options))
    return Signature(parameters, return_annotation=annotations.get("return", _empty))


FullArgSpec = namedtuple("FullArgSpec", "args varargs varkw defaults kwonlyargs kwonlydefaults annotations")


def getfullargspec(func):
    if isclass(func):
        func = func.__init__
    found = _parameters(func.__func__ if ismethod(func) else func) or []
    names = {kind: [name for name, of, *_ in found if of == kind] for kind in range(5)}
    defaults = [default[0] for _, kind, *default in found if kind < 2 and default]
    keywords = {name: default[0] for name, kind, *default in found if kind == 3 and default}
    rest, others = [(names[kind] or [None])[0] for kind in (2, 4)]
    annotations = getattr(func, "__annotations__", {})
    return FullArgSpec(names[0] + names[1], rest, others, tuple(defaults) or None, names[3], keywords or None, annotations)


class _Code:
    def __init__(self, name, filename):
        self.co_name, self.co_filename = name, filename


class _Frame:
    # A call that runs, as it was when somebody asked.
    def __init__(self, index, name, line, file, locals, globals, *arguments):
        self._index, self._arguments = index, arguments
        self.f_lineno, self.f_locals, self.f_globals, self.f_code = line, locals, globals, _Code(name, file)

    @property
    def f_back(self):
        return _made(self._index)


def _made(below):
    found = _frame(below)
    return found and _Frame(*found)


def currentframe():
    return _made(-1)


ArgInfo = namedtuple("ArgInfo", "args varargs keywords locals")
FrameInfo = namedtuple("FrameInfo", "frame filename lineno function code_context index")


def getargvalues(frame):
    return ArgInfo(*frame._arguments, frame.f_locals)


def stack(context=1):
    frames, frame = [], currentframe()
    while frame is not None:
        frames.append(FrameInfo(frame, frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, None, None))
        frame = frame.f_back
    return frames

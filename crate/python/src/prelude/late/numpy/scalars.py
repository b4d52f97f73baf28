# The types of elements, and elements themselves: numbers of Python that know their dtype.


class generic(_Operators):
    _shown_ = "_value_"

    def __new__(cls, value=0):
        made = array(float(value) if isinstance(value, str) else value, cls)
        return _out(made._t) if not made.ndim else made

    _t = property(lambda self: torch.tensor(self._value_, dtype=self.dtype._torch))
    dtype = property(lambda self: _dtypes[type(self)])
    real = property(lambda self: self)

    def __repr__(self):
        return f"np.{type(self).__name__}({str(self)})"

    def __str__(self):
        return str(self._value_)

    def __format__(self, spec):
        return format(self._value_, spec)

    def __hash__(self):
        return hash(self._value_)

    def __bool__(self):
        return _bool(self._value_)

    def __int__(self):
        return int(self._value_)

    def __float__(self):
        return float(self._value_)

    def __round__(self, digits=None):
        return _round(self._value_) if digits is None else round(self, digits)

    def __getitem__(self, key):
        if key == ():
            return self
        raise IndexError("invalid index to scalar variable.")

    def item(self):
        return self._value_

    tolist = item

    def is_integer(self):
        return self._value_ == int(self._value_)


class number(generic):
    pass


class integer(number):
    _poses_as = int

    def __index__(self):
        return self._value_


class signedinteger(integer):
    pass


class unsignedinteger(integer):
    pass


class floating(number):
    _poses_as = float


class int64(signedinteger):
    pass


class int32(signedinteger):
    pass


class int8(signedinteger):
    pass


class uint8(unsignedinteger):
    pass


class float64(floating):
    pass


class float32(floating):
    def __str__(self):
        size = _abs(self._value_)
        if size == 0 or size != size or size == inf or 0.0001 <= size < _widest[self.dtype.char]:
            return str(_shortest(self._value_, self.dtype))
        whole, fraction, ten = _decimal(self._value_, self.dtype, 99, True)
        return whole + (f".{fraction}" if fraction else "") + f"e{ten:+03d}"


class float16(float32):
    pass


bool_ = type("bool", (generic,), {"__repr__": lambda self: f"np.{self._value_}_"})
True_, False_ = _scalar(bool_, True), _scalar(bool_, False)


def issubdtype(arg1, arg2):
    return issubclass(dtype(arg1).type, arg2 if isinstance(arg2, type) and issubclass(arg2, generic) else dtype(arg2).type)


def finfo(kind):
    return torch.finfo(dtype(kind)._torch)


def iinfo(kind):
    return torch.iinfo(dtype(kind)._torch)


_dtypes = {}


def _named(name, kind, code, *others):
    made = object.__new__(dtype)
    made.name, made.type, made._torch, made.kind, made.char = name, kind, getattr(torch, name), code[0], code
    made.itemsize = int(code[1:])
    made.str = f"{'|' if made.itemsize == 1 else '<'}{code}"
    for key in (name, kind, made._torch, code, made.str, *others):
        _dtypes[key] = made


_named("float64", float64, "f8", None, float, "float", "double", "d", floating, number)
_named("float32", float32, "f4", "single", "f")
_named("float16", float16, "f2", "half", "e")
_named("int64", int64, "i8", int, "int", "long", "l", integer)
_named("int32", int32, "i4", "i", "intc")
_named("int8", int8, "i1", "b", "byte")
_named("uint8", uint8, "u1", "B", "ubyte")
_named("bool", bool_, "b1", _bool, "?", "bool_")
double, single, half, intp, int_, intc, ubyte, byte = float64, float32, float16, int64, int64, int32, uint8, int8

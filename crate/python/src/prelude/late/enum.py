# Members of an Enum are made when the class is: the machine has no metaclasses, and asks `_members` where it iterates.


class Enum:
    _is_enum = True
    _members = []
    __members__ = {}

    def __init_subclass__(cls, **options):
        named = {}
        last = 0
        for name, value in list(cls.__dict__.items()):
            if name.startswith("_") or callable(value) or isinstance(value, (property, staticmethod, classmethod)):
                continue
            if isinstance(value, auto):
                value = cls._next_value(name, last)
            last = value
            known = [member for member in named.values() if member.value == value]
            member = known[0] if known else object.__new__(cls)
            if not known:
                member.__dict__.update({"name": name, "value": value, "_name_": name, "_value_": value})
                if "__init__" in cls.__dict__:
                    member.__init__(*(value if isinstance(value, tuple) else (value,)))
            setattr(cls, name, member)
            named[name] = member
        if named:
            cls.__members__ = named
            cls._members = [member for name, member in named.items() if member.name == name]
            cls._member_names_ = [member.name for member in cls._members]
            cls._value2member_map_ = {member.value: member for member in cls._members}

    @staticmethod
    def _next_value(name, last):
        return last + 1

    def __new__(cls, value):
        for member in cls._members:
            if member is value or member.value == value:
                return member
        if hasattr(cls, "_missing_"):
            found = cls._missing_(value)
            if found is not None:
                return found
        raise ValueError(f"{value!r} is not a valid {cls.__name__}")

    @classmethod
    def __class_getitem__(cls, name):
        if name not in cls.__members__:
            raise KeyError(name)
        return cls.__members__[name]

    def __repr__(self):
        return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

    def __str__(self):
        return f"{type(self).__name__}.{self.name}"

    def __format__(self, spec):
        return format(str(self), spec)


class auto:
    pass


class _Valued:
    # Members that compare and compute as their values do.
    def __eq__(self, other):
        return self.value == (other.value if isinstance(other, _Valued) else other)

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self.value)

    def __lt__(self, other):
        return self.value < (other.value if isinstance(other, _Valued) else other)

    def __le__(self, other):
        return self.value <= (other.value if isinstance(other, _Valued) else other)

    def __gt__(self, other):
        return self.value > (other.value if isinstance(other, _Valued) else other)

    def __ge__(self, other):
        return self.value >= (other.value if isinstance(other, _Valued) else other)

    def __add__(self, other):
        return self.value + (other.value if isinstance(other, _Valued) else other)

    def __radd__(self, other):
        return other + self.value


class _Numbered(_Valued):
    _poses_as = int

    def __sub__(self, other):
        return self.value - (other.value if isinstance(other, _Valued) else other)

    def __rsub__(self, other):
        return other - self.value

    def __mul__(self, other):
        return self.value * (other.value if isinstance(other, _Valued) else other)

    __rmul__ = __mul__

    def __floordiv__(self, other):
        return self.value // other

    def __truediv__(self, other):
        return self.value / other

    def __mod__(self, other):
        return self.value % other

    def __and__(self, other):
        return self.value & (other.value if isinstance(other, _Valued) else other)

    def __or__(self, other):
        return self.value | (other.value if isinstance(other, _Valued) else other)

    def __int__(self):
        return int(self.value)

    def __float__(self):
        return float(self.value)

    def __index__(self):
        return self.value

    def __bool__(self):
        return bool(self.value)


class _Worded(_Valued):
    _poses_as = str

    def __len__(self):
        return len(self.value)

    def __getitem__(self, index):
        return self.value[index]

    def __contains__(self, part):
        return part in self.value

    def __getattr__(self, name):
        # Methods of the text.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.value, name)


Enum._int_mixin = Enum._float_mixin = _Numbered
Enum._str_mixin = _Worded


class IntEnum(_Numbered, Enum):
    def __str__(self):
        return str(self.value)

    def __format__(self, spec):
        return format(self.value, spec)


class StrEnum(_Worded, Enum):
    @staticmethod
    def _next_value(name, last):
        return name.lower()

    def __str__(self):
        return self.value

    def __format__(self, spec):
        return format(self.value, spec)


class Flag(_Numbered, Enum):
    @staticmethod
    def _next_value(name, last):
        return last * 2 if last else 1


IntFlag = Flag


def unique(cls):
    return cls

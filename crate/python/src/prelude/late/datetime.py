# Dates of the calendar that counts on for ever, in UTC: no other time zone is here.
from time import time as _clock

MINYEAR, MAXYEAR = 1, 9999
_DAY = 86400000000
_EPOCH = 719163
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


class _Ordered:
    def __eq__(self, other):
        return type(other) is type(self) and self._value == other._value

    def __hash__(self):
        return hash(self._value)

    def _compared(self, other):
        if type(other) is not type(self):
            name, theirs = f"{type(self).__module__}.{type(self).__name__}", type(other).__name__
            raise TypeError(f"can't compare {name} to {theirs}")
        return self._value - other._value

    def __lt__(self, other):
        return self._compared(other) < 0

    def __le__(self, other):
        return self._compared(other) <= 0

    def __gt__(self, other):
        return self._compared(other) > 0

    def __ge__(self, other):
        return self._compared(other) >= 0


class timedelta(_Ordered):
    def __init__(self, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0):
        seconds += 60 * (minutes + 60 * hours)
        self._value = round((days + 7 * weeks) * _DAY + seconds * 1000000 + milliseconds * 1000 + microseconds)
        self.days, rest = divmod(self._value, _DAY)
        self.seconds, self.microseconds = divmod(rest, 1000000)

    def total_seconds(self):
        return self._value / 1000000

    def __bool__(self):
        return self._value != 0

    def __add__(self, other):
        return _span(self._value + other._value) if isinstance(other, timedelta) else NotImplemented

    def __sub__(self, other):
        return _span(self._value - other._value) if isinstance(other, timedelta) else NotImplemented

    def __neg__(self):
        return _span(-self._value)

    def __abs__(self):
        return _span(abs(self._value))

    def __mul__(self, factor):
        return _span(self._value * factor)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self._value / other._value if isinstance(other, timedelta) else _span(self._value / other)

    def __floordiv__(self, other):
        return self._value // other._value if isinstance(other, timedelta) else _span(self._value // other)

    def __mod__(self, other):
        return _span(self._value % other._value)

    def __str__(self):
        minutes, seconds = divmod(self.seconds, 60)
        text = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        if self.days:
            text = f"{self.days} day{'' if abs(self.days) == 1 else 's'}, {text}"
        return text + (f".{self.microseconds:06d}" if self.microseconds else "")

    def __repr__(self):
        parts = [f"{name}={getattr(self, name)}" for name in ("days", "seconds", "microseconds") if getattr(self, name)]
        return f"datetime.timedelta({', '.join(parts) or '0'})"


def _span(microseconds):
    return timedelta(microseconds=microseconds)


class timezone:
    def __repr__(self):
        return "datetime.timezone.utc"

    def __str__(self):
        return "UTC"


timezone.utc = UTC = timezone()


def _ordinal(year, month, day):
    # Days of years that begin in March end with the leap day (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    year -= month <= 2
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 306


def _calendar(ordinal):
    day = ordinal + 305
    era, day = divmod(day, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    return era * 400 + year + (month > 9), (month + 2) % 12 + 1, day - (153 * month + 2) // 5 + 1


class date(_Ordered):
    def __init__(self, year, month, day):
        if not MINYEAR <= year <= MAXYEAR:
            raise ValueError(f"year {year} is out of range")
        if not 1 <= month <= 12:
            raise ValueError("month must be in 1..12")
        self._value = _ordinal(year, month, day)
        if not 1 <= day or _calendar(self._value) != (year, month, day):
            raise ValueError("day is out of range for month")
        self.year, self.month, self.day = year, month, day

    @classmethod
    def fromordinal(cls, ordinal):
        return cls(*_calendar(ordinal))

    @classmethod
    def fromisoformat(cls, text):
        return cls(*[int(part) for part in text.replace("T", " ").replace(" ", "-").replace(":", "-").split("-")])

    @classmethod
    def today(cls):
        return cls.fromtimestamp(_clock())

    @classmethod
    def fromtimestamp(cls, timestamp):
        return cls.fromordinal(_EPOCH + int(timestamp // 86400))

    def toordinal(self):
        return _ordinal(self.year, self.month, self.day)

    def weekday(self):
        return (self.toordinal() + 6) % 7

    def isoweekday(self):
        return self.weekday() + 1

    def isoformat(self):
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"

    def _fields(self):
        return [self.year, self.month, self.day]

    def replace(self, **changes):
        names = ["year", "month", "day", "hour", "minute", "second", "microsecond"]
        return type(self)(**{**dict(zip(names, self._fields())), **changes})

    def timetuple(self):
        import time

        return time.gmtime((self.toordinal() - _EPOCH) * 86400 + getattr(self, "_seconds", 0))

    def strftime(self, format):
        return _strftime(format, *(self._fields() + [0, 0, 0, 0])[:7])

    def __format__(self, spec):
        return self.strftime(spec) if spec else str(self)

    def __str__(self):
        return self.isoformat()

    def __repr__(self):
        return f"datetime.{type(self).__name__}({', '.join([str(field) for field in self._fields()])})"

    def __add__(self, other):
        return type(self).fromordinal(self._value + other.days) if isinstance(other, timedelta) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return self + -other
        return timedelta(days=self._value - other._value) if isinstance(other, date) else NotImplemented


class datetime(date):
    def __init__(self, year, month, day, hour=0, minute=0, second=0, microsecond=0, tzinfo=None):
        super().__init__(year, month, day)
        for name, value, end in (("hour", hour, 24), ("minute", minute, 60), ("second", second, 60), ("microsecond", microsecond, 1000000)):
            if not 0 <= value < end:
                raise ValueError(f"{name} must be in 0..{end - 1}")
        self.hour, self.minute, self.second, self.microsecond, self.tzinfo = hour, minute, second, microsecond, tzinfo
        self._seconds = hour * 3600 + minute * 60 + second
        self._value = self._value * _DAY + self._seconds * 1000000 + microsecond

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(_clock(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now()

    @classmethod
    def fromtimestamp(cls, timestamp, tz=None):
        made = cls._at(_EPOCH * _DAY + round(timestamp * 1000000))
        made.tzinfo = tz
        return made

    @classmethod
    def _at(cls, microseconds):
        days, rest = divmod(microseconds, _DAY)
        seconds, rest = divmod(rest, 1000000)
        return cls(*_calendar(days), seconds // 3600, seconds // 60 % 60, seconds % 60, rest)

    def timestamp(self):
        return (self._value - _EPOCH * _DAY) / 1000000

    def date(self):
        return date(self.year, self.month, self.day)

    def isoformat(self, sep="T", timespec="auto"):
        exact = self.microsecond if timespec == "auto" else timespec == "microseconds"
        text = super().isoformat() + f"{sep}{self.hour:02d}:{self.minute:02d}"
        text += "" if timespec == "minutes" else f":{self.second:02d}"
        return text + (f".{self.microsecond:06d}" if exact else "") + ("+00:00" if self.tzinfo else "")

    def _fields(self):
        return [self.year, self.month, self.day, self.hour, self.minute, self.second, self.microsecond]

    def __str__(self):
        return self.isoformat(" ")

    def __repr__(self):
        fields = self._fields()
        while len(fields) > 5 and not fields[-1]:
            fields.pop()
        parts = [str(field) for field in fields] + (["tzinfo=datetime.timezone.utc"] if self.tzinfo else [])
        return f"datetime.datetime({', '.join(parts)})"

    def __add__(self, other):
        return type(self)._at(self._value + other._value) if isinstance(other, timedelta) else NotImplemented

    def __sub__(self, other):
        if isinstance(other, timedelta):
            return self + -other
        return _span(self._value - other._value) if isinstance(other, datetime) else NotImplemented


def _strftime(format, year, month, day, hour, minute, second, microsecond):
    ordinal = _ordinal(year, month, day)
    weekday = (ordinal + 6) % 7
    simple = {"c": "%a %b %e %H:%M:%S %Y", "D": "%m/%d/%y", "x": "%m/%d/%y", "F": "%Y-%m-%d", "T": "%H:%M:%S", "X": "%H:%M:%S", "R": "%H:%M"}
    texts = {
        "Y": str(year), "m": f"{month:02d}", "d": f"{day:02d}", "H": f"{hour:02d}", "M": f"{minute:02d}", "S": f"{second:02d}",
        "f": f"{microsecond:06d}", "y": f"{year % 100:02d}", "e": f"{day:2d}", "I": f"{(hour + 11) % 12 + 1:02d}", "p": "AM" if hour < 12 else "PM",
        "B": _MONTHS[month - 1], "b": _MONTHS[month - 1][:3], "A": _DAYS[weekday], "a": _DAYS[weekday][:3], "w": str((weekday + 1) % 7),
        "u": str(weekday + 1), "j": f"{ordinal - _ordinal(year, 1, 1) + 1:03d}", "s": str((ordinal - _EPOCH) * 86400 + hour * 3600 + minute * 60 + second),
        "z": "", "Z": "", "%": "%",
    }
    text, rest = "", format
    while rest:
        before, percent, rest = rest.partition("%")
        text += before
        if percent:
            letter, rest = rest[:1], rest[1:]
            if letter in simple:
                rest = simple[letter] + rest
            else:
                text += texts.get(letter, "%" + letter)
    return text

# How arrays read. NumPy's own rules: the shortest decimals of the numbers shown, at most `precision` of them, in columns
# of one width; powers of ten where the numbers are far apart.
_options = {
    "precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75, "suppress": False, "nanstr": "nan", "infstr": "inf",
    "formatter": None, "floatmode": "maxprec", "sign": "-",
}

# From here on floats are written with powers of ten.
_widest = {"f8": 1e8, "f4": 1e6, "f2": 1e3}


def set_printoptions(**options):
    for name, value in options.items():
        if name not in _options and name != "legacy":
            raise TypeError(f"set_printoptions() got an unexpected keyword argument '{name}'")
        if value is not None or name == "formatter":
            _options[name] = value


def get_printoptions():
    return dict(_options)


class printoptions:
    def __init__(self, **options):
        self.options = options

    def __enter__(self):
        self.before = dict(_options)
        set_printoptions(**self.options)
        return dict(_options)

    def __exit__(self, kind, error, traceback):
        _options.update(self.before)
        return False


def _finite(x):
    return x - x == 0


def _shortest(x, kind):
    # The float of Python that prints the shortest decimals which mean this number in its own precision.
    if kind.char == "f2" and _finite(x):
        tries = [float(f"{x:.{digits}e}") for digits in range(5)]
        return [short for short in tries if torch.tensor(short, dtype=torch.float16).item() == x][0]
    return torch._decimals([x])[0] if kind.char == "f4" else x


def _decimal(x, kind, digits, exponent):
    # The whole and the fractional digits, and the power of ten: the shortest that mean this number, cut at `digits`.
    mantissa, _, power = repr(_shortest(x, kind)).partition("e")
    sign, mantissa = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
    whole, _, fraction = mantissa.partition(".")
    point, figures = len(whole) + int(power or 0), whole + fraction
    if exponent:
        stripped = figures.lstrip("0")
        power = point - 1 - (len(figures) - len(stripped)) if stripped else 0
        if len(stripped.rstrip("0")) - 1 > digits:
            mantissa, _, power = f"{_abs(x):.{digits}e}".partition("e")
            stripped = mantissa.replace(".", "")
        return sign + (stripped[:1] or "0"), stripped[1:].rstrip("0"), int(power)
    figures = figures.ljust(point, "0") if point > 0 else "0" * (1 - point) + figures
    point = _max(point, 1)
    whole, fraction = figures[:point].lstrip("0") or "0", figures[point:].rstrip("0")
    if len(fraction) > digits:
        whole, _, fraction = f"{_abs(x):.{digits}f}".partition(".")
    return sign + whole, fraction.rstrip("0"), 0


def _floats(numbers, kind):
    # What writes a float among these. `None` stands for as many digits as there are.
    digits, fixed = _options["precision"], _options["floatmode"] in ("fixed", "maxprec_equal")
    digits = 99 if digits is None or _options["floatmode"] == "unique" else digits
    finite = [x for x in numbers if _finite(x)]
    sizes = [_abs(x) for x in finite if x]
    spread = sizes and not _options["suppress"] and (_min(sizes) < 0.0001 or _max(sizes) / _min(sizes) > 1000.0)
    exponent = _bool(sizes) and (_max(sizes) >= _widest[kind.char] or spread)
    parts = [_decimal(x, kind, digits, exponent) for x in finite]
    left = _max([len(whole) for whole, _, _ in parts] + [0])
    right = _max([len(fraction) for _, fraction, _ in parts] + [0])
    right = digits if _options["floatmode"] == "fixed" and parts else right
    power = _max([len(str(_abs(power))) for _, _, power in parts] + [2])
    tail = right + power + 2 if exponent else right
    for x in numbers:
        if not _finite(x):
            left = _max(left, len(_unusual(x)) - tail - 1, 3 - tail - 1)

    def written(x):
        if not _finite(x):
            return _unusual(x).rjust(left + tail + 1)
        whole, fraction, ten = _decimal(x, kind, digits, exponent)
        if (exponent or fixed) and len(fraction) < right:
            # Where digits fill a column they are those of the number itself.
            fraction = f"{_abs(x):.{right}{'e' if exponent else 'f'}}".partition(".")[2].partition("e")[0]
        fraction = fraction.ljust(right)
        return whole.rjust(left) + "." + fraction + (f"e{'-' if ten < 0 else '+'}{_abs(ten):0{power}d}" if exponent else "")

    return written


def _unusual(x):
    return _options["nanstr"] if x != x else ("-" if x < 0 else "") + _options["infstr"]


def _writer(t):
    # What writes an element, and the elements that it fits.
    kind = dtype(t.dtype)
    numbers = t.flatten().tolist()
    own = (_options["formatter"] or {}).get({"f": "float_kind", "b": "bool"}.get(kind.kind, "int_kind"))
    own = own or (_options["formatter"] or {}).get({"f": "float", "b": "bool"}.get(kind.kind, "int"))
    if own:
        return own
    if kind.kind == "f":
        return _floats(numbers, kind)
    width = _max([len(str(x)) for x in numbers] + [0]) if kind.kind != "b" else 5 if t.dim() else 0
    return lambda x: str(x).rjust(width)


def _edges(t, edge):
    # The elements that are shown of a large array.
    for axis in range(t.dim()):
        if t.shape[axis] > 2 * edge:
            t = torch.cat([t.narrow(axis, 0, edge), t.narrow(axis, t.shape[axis] - edge, edge)], axis)
    return t


def array2string(
    a, max_line_width=None, precision=None, suppress_small=None, separator=" ", prefix="", *, suffix="", formatter=None, **options
):
    options = {"precision": precision, "suppress": suppress_small, "formatter": formatter or _options["formatter"], **options}
    with printoptions(**{name: value for name, value in options.items() if value is not None}):
        t, edge = asarray(a)._t, _options["edgeitems"]
        if not t.numel():
            return "[]"
        large = t.numel() > _options["threshold"]
        shown = _edges(t, edge) if large else t
        write, items = _writer(shown), shown.tolist()
        cut = [large and size > 2 * edge for size in t.shape]
        width = (_options["linewidth"] if max_line_width is None else max_line_width) - len(suffix)
        return _nested(items, 0, cut, edge, write, " " + " " * len(prefix), width, separator)


def _nested(items, depth, cut, edge, write, indent, width, separator):
    if depth == len(cut):
        return write(items)
    words = [_nested(item, depth + 1, cut, edge, write, indent + " ", width - 1, separator) for item in items]
    if cut[depth]:
        words.insert(edge, "...")
    if depth < len(cut) - 1:
        between = separator.rstrip() + "\n" * (len(cut) - depth - 1) + indent
        return "[" + between.join(words) + "]"
    text, line = "", indent
    fits = width - _max(len(separator.rstrip()), 1)
    for place, word in enumerate(words):
        if len(line) + len(word) > fits and len(line) > len(indent):
            text += line.rstrip() + "\n"
            line = indent
        line += word + (separator if place < len(words) - 1 else "")
    return "[" + (text + line)[len(indent) :] + "]"


def array_repr(arr):
    text = "array(" + array2string(arr, separator=", ", prefix="array(", suffix=")")
    extras = []
    if not arr.size and arr.shape != (0,) or arr.size > _options["threshold"]:
        extras.append(f"shape={arr.shape}")
    if arr.dtype.name not in ("float64", "int64", "bool") or not arr.size:
        extras.append(f"dtype={arr.dtype}")
    if not extras:
        return text + ")"
    text, extra = text + ",", ", ".join(extras) + ")"
    fits = len(text) - text.rfind("\n") - 1 + len(extra) + 1 <= _options["linewidth"]
    return text + (" " if fits else "\n      ") + extra


def array_str(a):
    return str(a)

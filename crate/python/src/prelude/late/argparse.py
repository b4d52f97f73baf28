# Options with their defaults: a program here has no command line, so that every option has its default.
import sys


class Namespace:
    def __init__(self, **names):
        for name, value in names.items():
            setattr(self, name, value)

    def __repr__(self):
        return "Namespace(" + ", ".join([f"{name}={value!r}" for name, value in self.__dict__.items()]) + ")"

    def __contains__(self, name):
        return name in self.__dict__

    def __eq__(self, other):
        return isinstance(other, Namespace) and self.__dict__ == other.__dict__


class HelpFormatter:
    pass


ArgumentDefaultsHelpFormatter = RawTextHelpFormatter = RawDescriptionHelpFormatter = MetavarTypeHelpFormatter = HelpFormatter
SUPPRESS, REMAINDER, OPTIONAL, ZERO_OR_MORE, ONE_OR_MORE = "==SUPPRESS==", "...", "?", "*", "+"
BooleanOptionalAction = "boolean"


class ArgumentTypeError(Exception):
    pass


class _Option:
    def __init__(self, flags, options):
        long = [flag for flag in flags if flag.startswith("--")]
        self.flags, self.options = flags, options
        self.positional = not flags[0].startswith("-")
        name = (long or flags)[0].lstrip("-").replace("-", "_")
        self.dest = options.get("dest", name)
        self.action = options.get("action", "store")
        self.default = options.get("default", {"store_true": False, "store_false": True}.get(self.action))
        if self.positional and self.default is None and options.get("nargs") == "*":
            self.default = []
        if self.action == BooleanOptionalAction:
            self.flags += tuple(["--no-" + flag[2:] for flag in long])

    def convert(self, text):
        value = self.options["type"](text) if "type" in self.options else text
        choices = self.options.get("choices")
        if choices is not None and value not in choices:
            raise SystemExit(2)
        return value


class ArgumentParser:
    def __init__(self, prog=None, description=None, formatter_class=None, **options):
        self.description, self._options, self._defaults = description, [], {}

    def add_argument(self, *flags, **options):
        self._options.append(_Option(flags, options))
        return self._options[-1]

    def add_argument_group(self, *args, **kwargs):
        return self

    add_mutually_exclusive_group = add_argument_group

    def print_help(self, file=None):
        # To a reader of a command line, who is not here.
        pass

    print_usage = print_help

    def error(self, message):
        raise SystemExit(2)

    def get_default(self, dest):
        return self._defaults.get(dest) or next(iter([option.default for option in self._options if option.dest == dest]), None)

    def set_defaults(self, **defaults):
        self._defaults.update(defaults)
        for option in self._options:
            if option.dest in defaults:
                option.default = defaults[option.dest]

    def _value(self, option, flag, given, words, before):
        action, count = option.action, option.options.get("nargs")
        if action in ("store_true", "store_false"):
            return action == "store_true"
        if action == BooleanOptionalAction:
            return not flag.startswith("--no-")
        if action == "count":
            return (before or 0) + 1
        if action == "store_const":
            return option.options.get("const")
        limit = count if isinstance(count, int) else {"+": 1 << 30, "*": 1 << 30, "?": 1}.get(count, 1)
        values = [option.convert(given)] if given else []
        while words and len(values) < limit and (not words[0].startswith("-") or words[0][1:2].isdigit()):
            values.append(option.convert(words.pop(0)))
        if count == "?" and not values:
            return option.options.get("const")
        if not values and count != "*":
            self.error("expected one argument")
        value = values[0] if count in (None, "?") else values
        return (before or []) + [value] if action == "append" else value

    def parse_known_args(self, args=None):
        words = list(args) if args is not None else []
        result = Namespace()
        for option in self._options:
            default = option.default
            setattr(result, option.dest, option.convert(default) if isinstance(default, str) and "type" in option.options else default)
        for name, value in self._defaults.items():
            if name not in result:
                setattr(result, name, value)
        waiting = [option for option in self._options if option.positional]
        left, seen = [], []
        while words:
            word = words.pop(0)
            flag, _, given = word.partition("=")
            option = [o for o in self._options if flag in o.flags and not o.positional]
            if option:
                option = option[0]
                seen.append(option)
                setattr(result, option.dest, self._value(option, flag, given, words, getattr(result, option.dest)))
            elif waiting and (not word.startswith("-") or word[1:2].isdigit()):
                seen.append(waiting[0])
                words.insert(0, word)
                setattr(result, waiting[0].dest, self._value(waiting.pop(0), "", "", words, None))
            else:
                left.append(word)
        for option in self._options:
            if option.options.get("required") and option not in seen:
                raise SystemExit(2)
        return result, left

    def parse_args(self, args=None, namespace=None):
        known, unknown = self.parse_known_args(args)
        if unknown:
            self.error("unrecognized arguments: " + " ".join(unknown))
        return known

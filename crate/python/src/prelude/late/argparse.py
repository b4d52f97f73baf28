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


class ArgumentDefaultsHelpFormatter:
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

    def convert(self, text):
        value = self.options["type"](text) if "type" in self.options else text
        choices = self.options.get("choices")
        if choices is not None and value not in choices:
            raise SystemExit(2)
        return value


class ArgumentParser:
    def __init__(self, prog=None, description=None, formatter_class=None, **options):
        self.description, self._options = description, []

    def add_argument(self, *flags, **options):
        self._options.append(_Option(flags, options))
        return self._options[-1]

    def add_argument_group(self, *args, **kwargs):
        return self

    def set_defaults(self, **defaults):
        for option in self._options:
            if option.dest in defaults:
                option.default = defaults[option.dest]

    def parse_known_args(self, args=None):
        words = list(args) if args is not None else []
        result = Namespace()
        for option in self._options:
            default = option.default
            setattr(result, option.dest, option.convert(default) if isinstance(default, str) and "type" in option.options else default)
        waiting = [option for option in self._options if option.positional]
        left, seen = [], []
        while words:
            word = words.pop(0)
            flag, _, given = word.partition("=")
            option = [o for o in self._options if flag in o.flags and not o.positional]
            if option:
                option = option[0]
                seen.append(option)
                if option.action in ("store_true", "store_false"):
                    setattr(result, option.dest, option.action == "store_true")
                elif option.options.get("nargs") in ("+", "*"):
                    values = []
                    while words and not words[0].startswith("-"):
                        values.append(option.convert(words.pop(0)))
                    setattr(result, option.dest, values)
                else:
                    setattr(result, option.dest, option.convert(given if given else words.pop(0)))
            elif waiting:
                seen.append(waiting[0])
                setattr(result, waiting[0].dest, waiting.pop(0).convert(word))
            else:
                left.append(word)
        for option in self._options:
            if option.options.get("required") and option not in seen:
                raise SystemExit(2)
        return result, left

    def parse_args(self, args=None, namespace=None):
        return self.parse_known_args(args)[0]

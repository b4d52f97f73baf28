# Logging to handlers; what goes to stderr nobody reads here.
import sys
import time

NOTSET, DEBUG, INFO, WARNING, ERROR, CRITICAL = 0, 10, 20, 30, 40, 50
WARN, FATAL = WARNING, CRITICAL
BASIC_FORMAT = "%(levelname)s:%(name)s:%(message)s"
_names = {0: "NOTSET", 10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_disabled = [0]


def getLevelName(level):
    if isinstance(level, str):
        return {name: number for number, name in _names.items()}.get(level, f"Level {level}")
    return _names.get(level, f"Level {level}")


def addLevelName(level, levelName):
    _names[level] = levelName


def _level(level):
    if isinstance(level, int):
        return level
    number = getLevelName({"WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level))
    if not isinstance(number, int):
        raise ValueError(f"Unknown level: {level!r}")
    return number


class LogRecord:
    def __init__(self, name, level, msg, args, exc_info, extra):
        self.name, self.levelno, self.levelname, self.msg, self.exc_info = name, level, getLevelName(level), msg, exc_info
        self.args = args[0] if len(args) == 1 and isinstance(args[0], dict) and args[0] else args
        self.created = time.time()
        self.msecs = self.created % 1 * 1000
        self.process, self.processName, self.threadName = 1, "MainProcess", "MainThread"
        self.__dict__.update(extra or {})

    def getMessage(self):
        return str(self.msg) % self.args if self.args else str(self.msg)


class Formatter:
    default_time_format, default_msec_format = "%Y-%m-%d %H:%M:%S", "%s,%03d"

    def __init__(self, fmt=None, datefmt=None, style="%", validate=True, defaults=None):
        self._fmt, self.datefmt, self._style = fmt or ("{message}" if style == "{" else "%(message)s"), datefmt, style

    def formatTime(self, record, datefmt=None):
        at = time.localtime(record.created)
        return time.strftime(datefmt, at) if datefmt else f"{time.strftime(self.default_time_format, at)},{int(record.msecs):03d}"

    def usesTime(self):
        return "asctime" in self._fmt

    def formatMessage(self, record):
        return self._fmt.format(**record.__dict__) if self._style == "{" else self._fmt % record.__dict__

    def formatException(self, ei):
        import traceback

        return traceback.format_exc()[:-1]

    def format(self, record):
        record.message = record.getMessage()
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        if any([field in self._fmt for field in ("lineno", "funcName", "filename", "pathname", "module")]):
            import inspect

            frame = inspect.currentframe()
            record.lineno, record.funcName, record.pathname = frame.f_lineno, frame.f_code.co_name, frame.f_code.co_filename
            record.filename = record.pathname.rpartition("/")[2]
            record.module = record.filename.partition(".")[0]
        try:
            text = self.formatMessage(record)
        except KeyError as error:
            raise ValueError(f"Formatting field not found in record: {error}")
        return text + "\n" + self.formatException(record.exc_info) if record.exc_info else text


class _Filterer:
    def addFilter(self, filter):
        self.filters.append(filter)

    def removeFilter(self, filter):
        if filter in self.filters:
            self.filters.remove(filter)

    def filter(self, record):
        return all([f.filter(record) if hasattr(f, "filter") else f(record) for f in self.filters])

    def setLevel(self, level):
        self.level = _level(level)


class Filter:
    def __init__(self, name=""):
        self.name = name

    def filter(self, record):
        return not self.name or (record.name + ".").startswith(self.name + ".")


class Handler(_Filterer):
    def __init__(self, level=NOTSET):
        self.level, self.formatter, self.filters = _level(level), None, []

    def setFormatter(self, fmt):
        self.formatter = fmt

    def format(self, record):
        return (self.formatter or Formatter()).format(record)

    def handle(self, record):
        if record.levelno >= self.level and self.filter(record):
            self.emit(record)

    def flush(self):
        pass

    close = flush


class StreamHandler(Handler):
    terminator = "\n"

    def __init__(self, stream=None):
        super().__init__()
        self.stream = sys.stderr if stream is None else stream

    def emit(self, record):
        if self.stream is not sys.__stderr__:
            self.stream.write(self.format(record) + self.terminator)


class NullHandler(Handler):
    def emit(self, record):
        pass


class FileHandler(NullHandler):
    # What it would write no program can read again.
    def __init__(self, filename, mode="a", encoding=None, delay=False, errors=None):
        super().__init__()
        self.baseFilename = filename


class Logger(_Filterer):
    def __init__(self, name, level=NOTSET):
        self.name, self.level, self.propagate, self.disabled = name, _level(level), True, False
        self.handlers, self.filters = [], []

    def __repr__(self):
        return f"<{type(self).__name__} {self.name} ({getLevelName(self.getEffectiveLevel())})>"

    @property
    def parent(self):
        name = self.name.rpartition(".")[0]
        while name and name not in _loggers:
            name = name.rpartition(".")[0]
        return _loggers[name] if name else None if self is root else root

    def getEffectiveLevel(self):
        return self.level or (self.parent.getEffectiveLevel() if self.parent else NOTSET)

    def isEnabledFor(self, level):
        return not self.disabled and level > _disabled[0] and level >= self.getEffectiveLevel()

    def addHandler(self, hdlr):
        if hdlr not in self.handlers:
            self.handlers.append(hdlr)

    def removeHandler(self, hdlr):
        if hdlr in self.handlers:
            self.handlers.remove(hdlr)

    def hasHandlers(self):
        return bool(self.handlers) or self.propagate and self.parent is not None and self.parent.hasHandlers()

    def getChild(self, suffix):
        return getLogger(suffix if self is root else f"{self.name}.{suffix}")

    def log(self, level, msg, *args, exc_info=None, extra=None, stack_info=False, stacklevel=1):
        if self.isEnabledFor(level):
            self.handle(LogRecord(self.name, level, msg, args, exc_info, extra))

    def handle(self, record):
        logger = self if self.filter(record) else None
        while logger is not None:
            for handler in logger.handlers:
                handler.handle(record)
            logger = logger.parent if logger.propagate else None

    def debug(self, msg, *args, **kwargs):
        self.log(DEBUG, msg, *args, **kwargs)

    def info(self, msg, *args, **kwargs):
        self.log(INFO, msg, *args, **kwargs)

    def warning(self, msg, *args, **kwargs):
        self.log(WARNING, msg, *args, **kwargs)

    def error(self, msg, *args, **kwargs):
        self.log(ERROR, msg, *args, **kwargs)

    def critical(self, msg, *args, **kwargs):
        self.log(CRITICAL, msg, *args, **kwargs)

    def exception(self, msg, *args, exc_info=True, **kwargs):
        self.log(ERROR, msg, *args, exc_info=exc_info, **kwargs)

    warn, fatal = warning, critical


class LoggerAdapter:
    def __init__(self, logger, extra=None):
        self.logger, self.extra = logger, extra

    def __getattr__(self, name):
        return getattr(self.logger, name)


class RootLogger(Logger):
    pass


root = Logger.root = RootLogger("root", WARNING)
_loggers = {}


def getLogger(name=None):
    if not name or name == "root":
        return root
    if name not in _loggers:
        _loggers[name] = Logger(name)
    return _loggers[name]


def disable(level=CRITICAL):
    _disabled[0] = level


def captureWarnings(capture):
    pass


def basicConfig(*, format=None, datefmt=None, style="%", level=None, stream=None, filename=None, handlers=None, force=False, **options):
    if force:
        root.handlers.clear()
    if not root.handlers:
        default = "{levelname}:{name}:{message}" if style == "{" else BASIC_FORMAT
        formatter = Formatter(format or default, datefmt, style)
        for handler in handlers or [FileHandler(filename) if filename else StreamHandler(stream)]:
            if handler.formatter is None:
                handler.setFormatter(formatter)
            root.addHandler(handler)
        if level is not None:
            root.setLevel(level)


debug, info, warning, error, critical = root.debug, root.info, root.warning, root.error, root.critical
exception, log, warn, fatal = root.exception, root.log, root.warn, root.fatal

# Logging, which goes where stderr goes: nowhere that a reader sees.

DEBUG, INFO, WARNING, ERROR, CRITICAL = 10, 20, 30, 40, 50


class Logger:
    def __init__(self, name):
        self.name, self.level = name, WARNING

    def setLevel(self, level):
        self.level = level

    def isEnabledFor(self, level):
        return level >= self.level

    def debug(self, message, *args, **kwargs):
        pass

    info = warning = warn = error = exception = critical = log = debug

    def addHandler(self, handler):
        pass


_loggers = {}


def getLogger(name="root"):
    if name not in _loggers:
        _loggers[name] = Logger(name)
    return _loggers[name]


def basicConfig(**options):
    pass


debug = info = warning = error = exception = critical = getLogger().debug

import sys


class ContextDecorator:
    def _recreate_cm(self):
        return self

    def __call__(self, function):
        def wrapped(*args, **kwargs):
            with self._recreate_cm():
                return function(*args, **kwargs)

        wrapped.__name__ = function.__name__
        return wrapped


class _Manager(ContextDecorator):
    def __init__(self, make):
        self.make = make
        self.generator = make()

    def _recreate_cm(self):
        return _Manager(self.make)

    def __enter__(self):
        try:
            return next(self.generator)
        except StopIteration:
            raise RuntimeError("generator didn't yield")

    def __exit__(self, kind, value, traceback):
        if kind is None:
            try:
                next(self.generator)
            except StopIteration:
                return False
            raise RuntimeError("generator didn't stop")
        try:
            self.generator.throw(value)
        except StopIteration as stop:
            return stop is not value
        except BaseException as error:
            if error is value:
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")


def contextmanager(function):
    def make(*args, **kwargs):
        return _Manager(lambda: function(*args, **kwargs))

    make.__name__ = function.__name__
    return make


class nullcontext:
    def __init__(self, enter_result=None):
        self.enter_result = enter_result

    def __enter__(self):
        return self.enter_result

    def __exit__(self, kind, value, traceback):
        return False


class suppress:
    def __init__(self, *exceptions):
        self.exceptions = exceptions

    def __enter__(self):
        return None

    def __exit__(self, kind, value, traceback):
        return kind is not None and issubclass(kind, self.exceptions)


class ExitStack:
    def __init__(self):
        self._exits = []

    def enter_context(self, manager):
        value = manager.__enter__()
        self._exits.append(manager.__exit__)
        return value

    def push(self, manager):
        self._exits.append(manager.__exit__ if hasattr(manager, "__exit__") else manager)
        return manager

    def callback(self, function, *args, **kwargs):
        def exit(kind, value, traceback):
            function(*args, **kwargs)
            return False

        self._exits.append(exit)
        return function

    def close(self):
        self.__exit__(None, None, None)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        suppressed = False
        while self._exits:
            if self._exits.pop()(kind, value, traceback):
                suppressed, kind, value = True, None, None
        return suppressed


class closing:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, kind, value, traceback):
        self.thing.close()
        return False


class redirect_stdout:
    _stream = "stdout"

    def __init__(self, new_target):
        self._new, self._old = new_target, []

    def __enter__(self):
        self._old.append(getattr(sys, self._stream))
        setattr(sys, self._stream, self._new)
        return self._new

    def __exit__(self, kind, value, traceback):
        setattr(sys, self._stream, self._old.pop())
        return False


class redirect_stderr(redirect_stdout):
    _stream = "stderr"


AbstractContextManager = ContextDecorator

from time import perf_counter as default_timer


class Timer:
    def __init__(self, stmt="pass", setup="pass", timer=default_timer, globals=None):
        for part in (stmt, setup):
            if not callable(part) and part != "pass":
                raise NotImplementedError("timeit of a text is outside the subset: give a function")
        self._parts = [part if callable(part) else lambda: None for part in (stmt, setup)]
        self._timer = timer

    def timeit(self, number=1000000):
        statement, setup = self._parts
        setup()
        start = self._timer()
        for _ in range(number):
            statement()
        return self._timer() - start

    def repeat(self, repeat=5, number=1000000):
        return [self.timeit(number) for _ in range(repeat)]


def timeit(stmt="pass", setup="pass", timer=default_timer, number=1000000, globals=None):
    return Timer(stmt, setup, timer, globals).timeit(number)


def repeat(stmt="pass", setup="pass", timer=default_timer, repeat=5, number=1000000, globals=None):
    return Timer(stmt, setup, timer, globals).repeat(repeat, number)

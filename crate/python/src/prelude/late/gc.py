# Memory goes when nothing names it, as in CPython: there is nothing to collect.


def collect(generation=2):
    return 0


def isenabled():
    return True


def enable():
    pass


disable = freeze = unfreeze = enable

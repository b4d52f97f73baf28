# The little of `os` that configuration code uses: an empty environment, and the files that the host gives.

import os.path as path
from os.path import _kept
from _prelude import _memory_left, _path_kind

environ = {}
name, sep, linesep, pathsep, curdir = "posix", "/", "\n", ":", "."


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    environ[key] = value


def cpu_count():
    return 1


def sysconf(name):
    # Memory is what the engine has left for tensors, on any device.
    if name == "SC_PAGE_SIZE":
        return 4096
    if name == "SC_AVPHYS_PAGES":
        return _memory_left() // 4096
    raise ValueError("unrecognized configuration name")


def getcwd():
    return "/"


def fspath(path):
    return str(path)


def makedirs(name, mode=0o777, exist_ok=False):
    # Nothing can be written into it.
    pass


def mkdir(path, mode=0o777):
    pass


def listdir(path="."):
    raise NotImplementedError("os.listdir is outside the subset: a program opens the files whose names it knows")


walk = scandir = listdir


def remove(path):
    if str(path) in _kept:
        del _kept[str(path)]
        return
    kind = "[Errno 30] Read-only file system" if _path_kind(str(path)) else "[Errno 2] No such file or directory"
    raise (OSError if _path_kind(str(path)) else FileNotFoundError)(f"{kind}: {str(path)!r}")


unlink = rmdir = remove


def getpid():
    return 1

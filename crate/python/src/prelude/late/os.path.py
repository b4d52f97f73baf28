# What `torch.save` keeps, by path. `os`, which imports this module, needs it.
_kept = {}

import os
from _prelude import _path_kind

sep = "/"


def _kind(path):
    return "file" if str(path) in _kept else _path_kind(str(path))


def join(*parts):
    joined = ""
    for part in map(str, parts):
        if part.startswith("/"):
            joined = part
        elif not joined or joined.endswith("/"):
            joined += part
        else:
            joined += "/" + part
    return joined


def exists(path):
    return _kind(path) is not None


def isfile(path):
    return _kind(path) == "file"


def isdir(path):
    return _kind(path) == "directory"


def isabs(path):
    return str(path).startswith("/")


def basename(path):
    return str(path).rpartition("/")[2]


def dirname(path):
    head, slash, _ = str(path).rpartition("/")
    return head.rstrip("/") or head + slash if slash else ""


def split(path):
    return dirname(path), basename(path)


def splitext(path):
    path, name = str(path), basename(path)
    at = name.rfind(".")
    if at <= 0:
        return path, ""
    return path[: len(path) - len(name) + at], name[at:]


def normpath(path):
    parts, root = [], "/" if isabs(path) else ""
    for part in str(path).split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", ".") and not (part == ".." and root):
            parts.append(part)
    return root + "/".join(parts) or "."


def abspath(path):
    return normpath(path if isabs(path) else "/" + str(path))


realpath = abspath


def expanduser(path):
    return str(path).replace("~", "/root", 1) if str(path).startswith("~") else str(path)


expandvars = str

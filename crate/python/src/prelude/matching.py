

# What `match` statements call: a pattern is nested tuples, as syntax/matching.rs makes them.


def _match(subject, pattern):
    # What the names of the pattern stand for, or None where it does not match: see syntax/matching.rs.
    captured = {}
    return captured if _matches(subject, pattern, captured) else None


_SELF_MATCHING = (bool, dict, float, frozenset, int, list, set, str, tuple)


def _matches(subject, pattern, captured):
    kind = pattern[0]
    if kind == "capture":
        if pattern[1] is not None:
            captured[pattern[1]] = subject
        return True
    if kind == "is":
        return subject is pattern[1]
    if kind == "value":
        return True if subject == pattern[1] else False
    if kind == "or":
        return any(_matches(subject, branch, captured) for branch in pattern[1])
    if kind == "as":
        if not _matches(subject, pattern[1], captured):
            return False
        captured[pattern[2]] = subject
        return True
    if kind == "sequence":
        return _matches_sequence(subject, pattern[1], captured)
    if kind == "mapping":
        return _matches_mapping(subject, pattern[1], pattern[2], captured)
    return _matches_class(subject, pattern, captured)


def _matches_sequence(subject, patterns, captured):
    if not isinstance(subject, (list, tuple, range)):
        return False
    stars = [position for position, pattern in enumerate(patterns) if pattern[0] == "star"]
    if not stars:
        return len(subject) == len(patterns) and all(_matches(s, p, captured) for s, p in zip(subject, patterns))
    before = stars[0]
    after = len(patterns) - before - 1
    if len(subject) < before + after:
        return False
    items = list(subject)
    if not all(_matches(s, p, captured) for s, p in zip(items[:before], patterns[:before])):
        return False
    end = len(items) - after
    if patterns[before][1] is not None:
        captured[patterns[before][1]] = items[before:end]
    return all(_matches(s, p, captured) for s, p in zip(items[end:], patterns[before + 1 :]))


def _matches_mapping(subject, patterns, rest, captured):
    if not isinstance(subject, dict):
        return False
    for key, pattern in patterns:
        if key not in subject or not _matches(subject[key], pattern, captured):
            return False
    if rest is not None:
        known = [key for key, _ in patterns]
        captured[rest] = {key: value for key, value in subject.items() if key not in known}
    return True


def _matches_class(subject, pattern, captured):
    _, cls, positional, keywords = pattern
    if not isinstance(subject, cls):
        return False
    if positional and cls in _SELF_MATCHING:
        return _matches(subject, positional[0], captured)
    names = getattr(cls, "__match_args__", getattr(cls, "_fields", ()))
    if len(positional) > len(names):
        raise TypeError(f"{cls.__name__}() accepts {len(names)} positional sub-patterns ({len(positional)} given)")
    for name, part in list(zip(names, positional)) + list(keywords):
        if not hasattr(subject, name) or not _matches(getattr(subject, name), part, captured):
            return False
    return True

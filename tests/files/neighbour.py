"""What reading.py imports."""

import json

calls = 0


def twice(x):
    global calls
    calls += 1
    return json.loads(json.dumps(2 * x))


class Counter:
    count = 3


def fail():
    return {}["missing"]

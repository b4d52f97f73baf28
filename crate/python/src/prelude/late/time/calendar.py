from collections import namedtuple

_start = time()
timezone, tzname = 0, ("UTC", "UTC")


def time_ns():
    return int(time() * 1e9)


perf_counter_ns = monotonic_ns = time_ns


def process_time():
    return time() - _start


struct_time = namedtuple("struct_time", "tm_year tm_mon tm_mday tm_hour tm_min tm_sec tm_wday tm_yday tm_isdst")


def gmtime(secs=None):
    from datetime import datetime

    at = datetime.fromtimestamp(time() if secs is None else secs // 1)
    day = at.toordinal() - datetime(at.year, 1, 1).toordinal() + 1
    return struct_time(at.year, at.month, at.day, at.hour, at.minute, at.second, at.weekday(), day, 0)


localtime = gmtime


def mktime(t):
    from datetime import datetime

    return datetime(*t[:6]).timestamp()


def strftime(format, t=None):
    from datetime import _strftime

    return _strftime(format, *(gmtime() if t is None else t)[:6], 0)


def ctime(secs=None):
    return strftime("%c", gmtime(secs))


def asctime(t=None):
    return strftime("%c", t)

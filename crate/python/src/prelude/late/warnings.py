# Warnings go to stderr, which nobody reads here, unless a program records them or has them raised.
_action, _records = ["default"], []


class WarningMessage:
    def __init__(self, message, category):
        self.message, self.category = message, category


def warn(message, category=None, stacklevel=1, source=None, **options):
    if not isinstance(message, Warning):
        message = (category or UserWarning)(message)
    if _action[-1] == "error":
        raise message
    if _records and _records[-1] is not None and _action[-1] != "ignore":
        _records[-1].append(WarningMessage(message, type(message)))


def simplefilter(action, category=Warning, lineno=0, append=False):
    # An error of one category alone is none of them all.
    if category is Warning or action != "error":
        _action[-1] = action


def filterwarnings(action, message="", category=Warning, module="", lineno=0, append=False):
    if not message and not module:
        simplefilter(action, category)


def resetwarnings():
    _action[-1] = "default"


class catch_warnings:
    def __init__(self, *, record=False, module=None, action=None, category=Warning, lineno=0, append=False):
        self._record, self._action = record, action

    def __enter__(self):
        _action.append(self._action or _action[-1])
        _records.append([] if self._record else None)
        return _records[-1]

    def __exit__(self, kind, value, traceback):
        _action.pop()
        _records.pop()
        return False

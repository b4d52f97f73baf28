# What Module is made with: its printed form, its hooks, the result of loading.

__name__ = "torch.nn.modules.module"


def _indent(text, spaces):
    first, *rest = text.split("\n")
    return "\n".join([first] + [" " * spaces + line for line in rest])


class _IncompatibleKeys:
    # What load_state_dict returns.
    def __init__(self, missing_keys, unexpected_keys):
        self.missing_keys = missing_keys
        self.unexpected_keys = unexpected_keys

    def __iter__(self):
        return iter((self.missing_keys, self.unexpected_keys))

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class RemovableHandle:
    # What the hook registrations return: `remove` takes the hook out again.
    def __init__(self, hooks, hook, first=False, with_kwargs=False):
        self.hooks = hooks
        self.hook = hook
        self.with_kwargs = with_kwargs
        if first:
            hooks.insert(0, self)
        else:
            hooks.append(self)

    def remove(self):
        if self in self.hooks:
            self.hooks.remove(self)


__name__ = "torch.nn.parameter"


class Buffer:
    # What a module files among its buffers when it is assigned.
    def __init__(self, data=None, *, persistent=True):
        self.data = data
        self.persistent = persistent

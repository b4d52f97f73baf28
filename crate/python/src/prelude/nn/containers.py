# Containers of modules and of parameters (torch/nn/modules/container.py).

__name__ = "torch.nn.modules.container"


def _container_index(container, index):
    # The name under which an element is registered: its position, counted from either end.
    length = len(container)
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range")
    return str(index % length)


class Sequential(Module):
    def __init__(self, *args):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], dict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for index, module in enumerate(args):
                self.add_module(str(index), module)

    def _name_at(self, index):
        length = len(self)
        if not -length <= index < length:
            raise IndexError(f"index {index} is out of range")
        return list(self._modules)[index]

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name_at(index)]

    def __setitem__(self, index, module):
        setattr(self, self._name_at(index), module)

    def __delitem__(self, index):
        names = list(self._modules)[index] if isinstance(index, slice) else [self._name_at(index)]
        for name in names:
            delattr(self, name)
        remaining = list(self._modules.values())
        self._modules.clear()
        for position, module in enumerate(remaining):
            self.add_module(str(position), module)

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        for module in modules:
            self.append(module)
        return self

    def __add__(self, other):
        return Sequential(*self, *other)

    def insert(self, index, module):
        modules = list(self)
        if not -len(modules) <= index <= len(modules):
            raise IndexError(f"Index out of range: {index}")
        modules.insert(index, module)
        self._modules.clear()
        return self.extend(modules)

    def __add__(self, other):
        return Sequential(*self, *other)

    def __iadd__(self, other):
        return self.extend(other)

    def pop(self, key):
        module = self[key]
        del self[key]
        return module

    def forward(self, input):
        for module in self._modules.values():
            input = module(input)
        return input


class ModuleList(Module):
    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self._modules.values())[index])
        return self._modules[_container_index(self, index)]

    def __setitem__(self, index, module):
        setattr(self, _container_index(self, index), module)

    def __delitem__(self, index):
        remaining = list(self._modules.values())
        del remaining[index]
        self._modules.clear()
        self.extend(remaining)

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __iadd__(self, modules):
        return self.extend(modules)

    def __add__(self, other):
        return ModuleList(list(self) + list(other))

    def append(self, module):
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index, module):
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._modules.clear()
        self.extend(modules)

    def pop(self, key):
        module = self[key]
        del self[key]
        return module

    def extend(self, modules):
        for module in list(modules):
            self.add_module(str(len(self)), module)
        return self

    def __repr__(self):
        # Neighbours that print alike are counted, as PyTorch does: `(0-11): 12 x Block(…)`.
        runs = []
        for index, text in enumerate([repr(module) for module in self]):
            if runs and runs[-1][2] == text:
                runs[-1][1] = index
            else:
                runs.append([index, index, text])
        if not runs:
            return self._get_name() + "()"
        lines = []
        for first, last, text in runs:
            label = f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            lines.append(_indent(label, 2))
        return self._get_name() + "(\n  " + "\n  ".join(lines) + "\n)"

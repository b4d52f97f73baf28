import math


class SimpleNamespace:
    def __init__(self, **kwargs):
        self.__dict__.update(kwargs)

    def __repr__(self):
        name = type(self).__name__
        inner = ", ".join([f"{key}={value!r}" for key, value in self.__dict__.items()])
        return f"{'namespace' if name == 'SimpleNamespace' else name}({inner})"

    def __eq__(self, other):
        if not isinstance(other, SimpleNamespace):
            return NotImplemented
        return self.__dict__ == other.__dict__


FunctionType = LambdaType = type(lambda: None)
BuiltinFunctionType = BuiltinMethodType = type(len)
MethodType = type(SimpleNamespace().__init__)
GeneratorType = type((item for item in ()))
NoneType = type(None)
ModuleType = type(math)

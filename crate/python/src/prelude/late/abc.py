class ABC:
    pass


class ABCMeta:
    # `metaclass=ABCMeta` makes a class that derives from ABC.
    _stands_for = ABC


def abstractmethod(function):
    function.__isabstractmethod__ = True
    return function


def abstractproperty(function):
    return property(abstractmethod(function))

import collections.abc as _abc

abc = _abc

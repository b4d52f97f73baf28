from typing import _Form

Float, Int, Bool, Num, Shaped, Real, Inexact = map(_Form, ("Float", "Int", "Bool", "Num", "Shaped", "Real", "Inexact"))
Float16, Float32, BFloat16, Int32, Int64, UInt8 = map(_Form, ("Float16", "Float32", "BFloat16", "Int32", "Int64", "UInt8"))


def jaxtyped(fn=None, *, typechecker=None):
    return fn if fn is not None else jaxtyped

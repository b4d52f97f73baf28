# numpy.testing: what scripts assert of arrays. Where it fails it says so, and shows no elements.
import numpy as np


def _agree(close, actual, desired, header, err_msg):
    actual, desired = np.asarray(actual), np.asarray(desired)
    if actual.ndim and desired.ndim and actual.shape != desired.shape or not np.all(close(actual, desired)):
        raise AssertionError(f"\n{header}\n{err_msg}")


def assert_allclose(actual, desired, rtol=1e-07, atol=0, equal_nan=True, err_msg="", verbose=True):
    close = lambda a, b: np.isclose(a, b, rtol, atol, equal_nan)
    _agree(close, actual, desired, f"Not equal to tolerance rtol={rtol:g}, atol={atol:g}", err_msg)


def assert_array_equal(actual, desired, err_msg="", verbose=True):
    _agree(lambda a, b: np.isclose(a, b, 0, 0, True), actual, desired, "Arrays are not equal", err_msg)


def assert_array_almost_equal(actual, desired, decimal=6, err_msg="", verbose=True):
    close = lambda a, b: np.abs(a - b) < 1.5 * 10.0**-decimal
    _agree(close, actual, desired, f"Arrays are not almost equal to {decimal} decimals", err_msg)


def assert_almost_equal(actual, desired, decimal=7, err_msg="", verbose=True):
    assert_array_almost_equal(actual, desired, decimal, err_msg)


def assert_equal(actual, desired, err_msg="", verbose=True):
    if isinstance(desired, (list, tuple, dict, str)) or desired is None:
        assert actual == desired, err_msg
    else:
        assert_array_equal(actual, desired, err_msg)

from numpy import absolute, argwhere, array2string, array_repr, asarray, broadcast_to, inf, isclose, printoptions


def _compare(compare, actual, desired, err_msg, header, precision=6):
    x, y = asarray(actual), asarray(desired)
    remarks = [f"(shapes {x.shape}, {y.shape} mismatch)"]
    if x.shape == y.shape or x.ndim == 0 or y.ndim == 0:
        if x.shape != y.shape:
            x, y = broadcast_to(x, y.shape or x.shape), broadcast_to(y, x.shape or y.shape)
        wrong = asarray(compare(x, y)) == False
        if not wrong.any():
            return
        places = argwhere(wrong).tolist()
        count, total = len(places), wrong.size
        remarks = [f"Mismatched elements: {count} / {total} ({100 * count / total:.3g}%)"]
        where = "Mismatch at index:" if count == 1 else "Mismatch at indices:" if count <= 5 else "First 5 mismatches are at indices:"
        remarks += [where] + [f" {place}: {x[tuple(place)]} (ACTUAL), {y[tuple(place)]} (DESIRED)" for place in places[:5]]
        apart, size = absolute(x - y)[wrong], absolute(y)[wrong]
        remarks.append(f"Max absolute difference among violations: {array2string(apart.max())}")
        relative = (apart[size != 0] / size[size != 0]).max() if (size != 0).any() else inf
        remarks.append(f"Max relative difference among violations: {array2string(relative)}")
    shown = []
    for name, each in (("ACTUAL", asarray(actual)), ("DESIRED", asarray(desired))):
        with printoptions(precision=precision):
            lines = array_repr(each).split("\n")
        shown.append(f" {name}: " + "\n".join(lines[:3]) + ("..." if len(lines) > 4 else ""))
    raise AssertionError("\n".join(["\n" + header, err_msg] + remarks + shown))


def assert_allclose(actual, desired, rtol=1e-07, atol=0, equal_nan=True, err_msg=""):
    header = f"Not equal to tolerance rtol={rtol:g}, atol={atol:g}"
    _compare(lambda x, y: isclose(x, y, rtol, atol, equal_nan), actual, desired, err_msg, header)


def assert_array_equal(actual, desired, err_msg=""):
    _compare(lambda x, y: (x == y) | (x != x) & (y != y), actual, desired, err_msg, "Arrays are not equal")


def assert_array_almost_equal(actual, desired, decimal=6, err_msg=""):
    header = f"Arrays are not almost equal to {decimal} decimals"
    _compare(lambda x, y: isclose(x, y, 0, 1.5 * 10.0**-decimal, True), actual, desired, err_msg, header, decimal)


def assert_almost_equal(actual, desired, decimal=7, err_msg=""):
    assert_array_almost_equal(actual, desired, decimal, err_msg)


def assert_equal(actual, desired, err_msg=""):
    if isinstance(desired, (list, tuple, dict, str)) or desired is None:
        assert actual == desired, err_msg
    else:
        assert_array_equal(actual, desired, err_msg)

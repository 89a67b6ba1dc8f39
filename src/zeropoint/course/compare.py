"""Comparing what a learner returns with a reference: NumPy arrays, torch tensors, modules, tables and containers.

torch and pandas are never imported here: an object of theirs can only exist when they are loaded already.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from zeropoint.course.verdict import Kind, Problem

RTOL = 1e-5
ATOL = 1e-7
_WHOLE = 1e15  # beyond it a float no longer knows its last digit
_NO_NUMBERS = "USObcmMV"  # NumPy's kinds of text, objects, booleans, complex numbers, times and records


def is_tensor(value: Any) -> bool:
    """Return whether a value is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_module(value: Any) -> bool:
    """Return whether a value is a torch module, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def is_table(value: Any) -> bool:
    """Return whether a value is a pandas DataFrame or Series, without importing pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame | pandas.Series)


def to_numpy(tensor: Any) -> np.ndarray:
    """Return a torch tensor as an array; bfloat16, which NumPy lacks, as float32."""
    torch = sys.modules["torch"]
    plain = tensor.detach().cpu()
    if plain.dtype == torch.bfloat16:
        plain = plain.float()
    return plain.numpy()


def numbers(value: Any) -> np.ndarray | None:
    """Return a number or numbers as float64, any shape; None for anything else, text and booleans included.

    Every real number counts: Python's, ``Fraction`` and ``Decimal``, those of NumPy and torch.

    Examples
    --------
    >>> from fractions import Fraction
    >>> numbers([1, Fraction(5, 2)])
    array([1. , 2.5])
    >>> numbers("1") is None
    True
    """
    try:
        array = to_numpy(value) if is_tensor(value) else np.asarray(value)
        exact = array.dtype.kind == "O" and all(_is_number(item) for item in array.flat)
        if array.dtype.kind in _NO_NUMBERS and not exact:
            return None
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # ragged lists, objects that cannot be arrays
        return None


def _is_number(item: Any) -> bool:
    return isinstance(item, Real | Decimal) and not isinstance(item, bool | np.bool_)


def number_in_words(value: float, digits: int = 6) -> str:
    """Return a number as a person would write it: a whole one with all its digits, others with six.

    Examples
    --------
    >>> number_in_words(-2661700.0), number_in_words(0.123456789), number_in_words(float("nan"))
    ('-2661700', '0.123457', 'nan')
    """
    value = float(value)
    if np.isfinite(value) and value.is_integer() and abs(value) < _WHOLE:
        return f"{value:.0f}" if value else "0"
    return f"{value:.{digits}g}"


def like(value: Any, want: Any) -> Any:
    """Return the value in the library of the wanted one (NumPy ↔ torch), inside tuples, lists and dictionaries too."""
    if isinstance(want, np.ndarray | np.generic) and is_tensor(value):
        if value.dtype == sys.modules["torch"].bfloat16:
            return value  # NumPy has no such type: to be told apart from float32, it stays
        return to_numpy(value)
    if isinstance(value, np.ndarray) and type(value) is not np.ndarray:
        value = np.asarray(value)  # a subclass may redefine what == means
    if is_tensor(want) and isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiub":
        return sys.modules["torch"].from_numpy(np.array(value))
    if isinstance(want, tuple | list) and isinstance(value, tuple | list) and len(value) == len(want):
        parts = [like(a, b) for a, b in zip(value, want, strict=True)]
        return tuple(parts) if isinstance(value, tuple) else parts
    if isinstance(want, dict) and isinstance(value, dict):
        return {key: like(item, want.get(key)) for key, item in value.items()}
    return value


def leaves(value: Any) -> list[np.ndarray] | None:
    """Return all numbers in a result as float64 arrays, in a fixed order; None when something in it is no number.

    Examples
    --------
    >>> leaves((1.0, [2, 3]))
    [array(1.), array([2., 3.])]
    """
    if value is None:
        return []
    if is_module(value):
        value = value.state_dict()
    if is_table(value):
        value = value.to_numpy()
    whole = numbers(value)
    if whole is not None:
        return [whole]
    if isinstance(value, str):
        return [np.array([ord(character) for character in value], dtype=np.float64)]
    if isinstance(value, bool | np.bool_) or getattr(getattr(value, "dtype", None), "kind", "") == "b":
        return [np.asarray(value, dtype=np.float64)]
    if isinstance(value, Mapping):
        value = [value[key] for key in sorted(value, key=str)]
    if not isinstance(value, tuple | list):
        return None
    found: list[np.ndarray] = []
    for item in value:
        part = leaves(item)
        if part is None:
            return None
        found += part
    return found


def alike(a: list[np.ndarray] | None, b: list[np.ndarray] | None) -> bool:
    """Return whether two results, as :func:`leaves`, hold the same numbers in the same shapes."""
    if a is None or b is None or len(a) != len(b):
        return False
    return all(
        x.shape == y.shape and bool(np.allclose(x, y, rtol=RTOL, atol=ATOL, equal_nan=True))
        for x, y in zip(a, b, strict=True)
    )


def not_finite(value: Any, want: Any) -> Problem | None:
    """Return a problem when the value holds NaN or infinity where the wanted one is finite.

    Examples
    --------
    >>> not_finite([1.0, float("nan")], [1.0, 2.0])
    'element 1 is nan, which is no finite number: is something divided by 0?'
    """
    got = leaves(value)
    expected = leaves(want)
    if got is None or expected is None or len(got) != len(expected):
        return None
    for x, y in zip(got, expected, strict=True):
        if x.shape != y.shape:
            continue
        bad = ~np.isfinite(x) & np.isfinite(y)
        if bad.any():
            text = f"{_element(bad)}is {x[bad][0]:g}, which is no finite number: is something divided by 0?"
            return Problem(Kind.NOT_FINITE, text)
    return None


def compare_arrays(
    got: Any, expected: Any, *, rtol: float = RTOL, atol: float = ATOL, dtype: bool = True
) -> Problem | None:
    """Compare arrays or tensors: kind, shape, values, and at last the dtype. The sentence never tells what is expected.

    Use it as ``compare`` of a FunctionCheck, with ``functools.partial(compare_arrays, rtol=1e-3)`` for other
    tolerances. Integers and booleans are compared exactly.

    Parameters
    ----------
    got : the learner's result, already in the library of ``expected``
    expected : array, tensor or number
    rtol, atol : float – for floating-point results, as in ``numpy.allclose``
    dtype : bool – whether the dtype must be that of ``expected``

    Returns
    -------
    None when they agree, else the first problem: ``FORM``, ``NOT_FINITE``, ``VALUES`` or ``DTYPE``

    Examples
    --------
    >>> compare_arrays(np.float32([1, 2]), np.float32([1, 3]))
    'element 1 is wrong (2).'
    """
    want = numbers(expected)
    if want is None:  # booleans, and whatever else is compared as it is
        return None if np.array_equal(got, expected) else Problem(Kind.VALUES, "the result is wrong.")
    values = numbers(got)
    if values is None or (isinstance(got, list | tuple) and not isinstance(expected, list | tuple)):
        return Problem(Kind.FORM, f"expected {_described(expected)}, got {_described(got)}.")
    if values.shape != want.shape:
        return Problem(Kind.FORM, f"the result has shape {values.shape}, expected is {want.shape}.")
    bad = not_finite(got, expected)
    if bad is not None:
        return bad
    right = values == want if _whole(expected) else np.isclose(values, want, rtol=rtol, atol=atol, equal_nan=True)
    wrong = np.logical_not(right)
    if wrong.any():
        return Problem(Kind.VALUES, f"{_element(wrong)}is wrong ({number_in_words(values[wrong][0])}).")
    return _wrong_dtype(got, expected) if dtype else None


def _whole(expected: Any) -> bool:
    """Return whether a result consists of integers, which have no tolerance."""
    array = to_numpy(expected) if is_tensor(expected) else np.asarray(expected)
    return array.dtype.kind in "iu"


def _wrong_dtype(got: Any, expected: Any) -> Problem | None:
    if not hasattr(expected, "dtype") or getattr(got, "dtype", None) == expected.dtype:
        return None
    given = getattr(got, "dtype", type(got).__name__)
    return Problem(Kind.DTYPE, f"the values are right, but their type is {given}: expected {expected.dtype}.")


def _element(wrong: np.ndarray) -> str:
    """Return "element 3 ", "element (0, 2) " or, for a single number, "the result "."""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    if not index:
        return "the result "
    return f"element {index[0] if len(index) == 1 else index} "


def _described(value: Any) -> str:
    if is_tensor(value):
        return "a torch tensor"
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    if isinstance(value, bool | str) or not np.isscalar(value):
        return f"a value of type {type(value).__name__}"
    return "one number"

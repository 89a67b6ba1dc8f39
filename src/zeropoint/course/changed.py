"""Whether an argument is still what it was: arrays, tensors, modules, tables, containers and plain objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zeropoint.course.compare import is_module, is_table, is_tensor, to_numpy


def unchanged(before: Any, after: Any) -> bool:
    """Return whether an argument is still what it was; everything in it is compared by value, however deep it lies.

    Functions and classes are what they are. Of an object that can be called, its attributes count, as of any other.

    Examples
    --------
    >>> unchanged([np.array([2, 1])], [np.array([1, 2])])
    False
    """
    if before is after:
        return True
    if type(before) is not type(after):
        return False
    if is_tensor(before):
        return before.dtype == after.dtype and _equal(to_numpy(before), to_numpy(after))
    if is_module(before):
        same_mode = [m.training for m in before.modules()] == [m.training for m in after.modules()]
        return same_mode and unchanged(dict(before.state_dict()), dict(after.state_dict()))
    if is_table(before):
        return before.equals(after) and before.axes[-1].equals(after.axes[-1]) and before.index.equals(after.index)
    if isinstance(before, np.ndarray):
        return before.dtype == after.dtype and _equal(before, after)
    if isinstance(before, Mapping):
        return list(before) == list(after) and all(unchanged(before[key], after[key]) for key in before)
    if isinstance(before, tuple | list):
        return len(before) == len(after) and all(unchanged(a, b) for a, b in zip(before, after, strict=True))
    if type(before).__eq__ is object.__eq__:  # such as a plain object: its attributes, or nothing can be said
        return not hasattr(before, "__dict__") or unchanged(vars(before), vars(after))
    return bool(before == after) or before != before  # NaN is still NaN


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype.kind == "O":
        return a.shape == b.shape and all(unchanged(x, y) for x, y in zip(a.flat, b.flat, strict=True))
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")

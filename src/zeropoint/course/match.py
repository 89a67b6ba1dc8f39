"""Whether what a person wrote down is a given number or name: rounded as people round, spelled as people spell."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from zeropoint.course.compare import numbers

_SLACK = 1e-6  # relative: a decimal number in float32
_WORD_GAPS = re.compile(r"[\s_\-‐‑–]+")  # "per-channel", "per channel" and "per_channel" are the same word


def close(value: Any, expected: Any, tolerance: float) -> bool:
    """Return whether a value is a number, or numbers, within a relative tolerance, or a text in any spelling."""
    if isinstance(expected, str):
        return isinstance(value, str) and word(value) == word(expected)
    got = numbers(value)
    want = np.asarray(expected, dtype=np.float64)
    if got is None or got.shape != want.shape:
        return False
    return bool(np.all(np.abs(got - want) <= tolerance * np.abs(want)))


def word(text: str) -> str:
    """Return a text without what does not matter in a name: capital letters, and how its gaps are written."""
    return _WORD_GAPS.sub(" ", text).strip().lower()


def rounding_of(value: Any, expected: Any, digits: int | None) -> bool:
    """Return whether a value is within half a unit of the last digit of a number that is no count."""
    want = np.asarray(expected)
    got = numbers(value)
    if digits is None or want.dtype.kind != "f" or got is None or got.shape != want.shape:
        return False
    size = np.abs(want)
    unit = 10.0 ** (np.floor(np.log10(np.where(size > 0, size, 1))) - digits + 1)
    return bool(np.all(np.abs(got - want) <= np.where(size > 0, unit / 2, 0) + _SLACK * size))


def distance(value: Any, expected: Any) -> float:
    """Return how far two numbers, or lists of them, are apart; infinity where they cannot be compared."""
    got = numbers(value)
    want = numbers(expected)
    if got is None or want is None or got.shape != want.shape:
        return float("inf")
    return float(np.max(np.abs(got - want), initial=0.0))

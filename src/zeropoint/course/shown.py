"""How values are shown in a sentence: briefly, whatever they are, so that no message becomes a wall of text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np

from zeropoint.course.compare import is_module, is_table, is_tensor, number_in_words, to_numpy

LONGEST = 400  # characters of a message that shows arguments
LONGEST_VALUE = 120  # characters of one argument
_ITEMS = 8  # of a list, a mapping or an array


def clipped(text: str, longest: int) -> str:
    """Return a text on one line, cut short where it is too long.

    Examples
    --------
    >>> clipped("a long story", 8)
    'a long …'
    """
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 2].rstrip()} …"


def in_short(value: Any) -> str:
    """Return a value in a few characters: what is large by its kind and shape, and of a long list the beginning.

    Examples
    --------
    >>> in_short({"fc": [1.0, 2661700.0]}), in_short(np.zeros((3, 4, 5)))
    ("{'fc': [1, 2661700]}", 'an array of shape (3, 4, 5)')
    """
    return clipped(_in_short(value, depth=3), LONGEST_VALUE)


def called_with(arguments: Iterable[Any], problem: str) -> str:
    """Return a problem with the arguments that led to it, as far as they fit."""
    shown = ", ".join(map(in_short, arguments))
    room = max(LONGEST_VALUE, LONGEST - len(problem))
    return f"Called with ({clipped(shown, room)}): {problem}"


def _in_short(value: Any, depth: int) -> str:
    if isinstance(value, bool | str) or value is None:
        return repr(value)
    if is_module(value) or is_table(value):
        return f"a {type(value).__name__}"
    if isinstance(value, Mapping):
        items = (f"{key!r}: {_deeper(item, depth)}" for key, item in islice(value.items(), _ITEMS))
        return f"{{{_joined(items, len(value))}}}"
    if isinstance(value, list | tuple | set | frozenset):  # of arrays, maybe, which need not be of one shape
        return f"[{_joined((_deeper(item, depth) for item in islice(value, _ITEMS)), len(value))}]"
    if is_tensor(value) or isinstance(value, np.ndarray):
        return _array(to_numpy(value) if is_tensor(value) else value)
    if isinstance(value, int | float | np.number):
        return number_in_words(float(value), digits=5)
    return _by_kind(value)


def _deeper(value: Any, depth: int) -> str:
    return _in_short(value, depth - 1) if depth else "…"


def _joined(items: Iterable[str], count: int) -> str:
    return ", ".join([*items, *(["…"] if count > _ITEMS else [])])


def _array(array: np.ndarray) -> str:
    if array.ndim > 1 and array.size > 2 * _ITEMS:
        return f"an array of shape {array.shape}"
    shown = np.array2string(
        array,
        separator=", ",
        threshold=_ITEMS,
        max_line_width=10_000,
        formatter={"float_kind": _float},
    )
    return " ".join(shown.split())


def _float(number: np.floating) -> str:
    """Return an element of an array, with the point that tells a float from a whole number."""
    text = number_in_words(float(number), digits=4)
    return f"{text}." if text.lstrip("-").isdigit() else text


def _by_kind(value: Any) -> str:
    name = getattr(value, "__name__", None)
    return str(name) if isinstance(name, str) else f"a {type(value).__name__}"

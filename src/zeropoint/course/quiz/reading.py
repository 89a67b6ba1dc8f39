"""What a learner types as an answer, read as options or as a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

LETTERS = "abcd"

Answer = tuple[int, ...] | float  # indices of the options chosen, or a number


def read_answer(number: int, kind: str, letters: Mapping[str, int], given: Any) -> Answer | None:
    """Return an answer as option indices or as a number; None when there is none yet.

    Parameters
    ----------
    number : int – of the question, for the message
    kind : "single", "multiple" or "numeric"
    letters : which option stands at which letter
    given : letter, several letters, or a number, as such or as text

    Raises
    ------
    ValueError
        With one sentence, for an answer that the question does not take.

    Examples
    --------
    >>> read_answer(2, "multiple", {"a": 3, "b": 0, "c": 1, "d": 2}, ["A", "c"])
    (1, 3)
    """
    return _number(number, given) if kind == "numeric" else _options(number, kind, letters, given)


def _options(number: int, kind: str, letters: Mapping[str, int], given: Any) -> tuple[int, ...] | None:
    chosen = [given] if isinstance(given, str) else list(given or ())
    cleaned = {str(letter).strip().lower() for letter in chosen} - {""}
    too_many = kind == "single" and len(cleaned) > 1
    if too_many or not cleaned <= letters.keys():
        wanted = "one letter" if kind == "single" else "one or more letters"
        raise ValueError(f"Question {number} takes {wanted} of a, b, c, d, not {', '.join(map(str, chosen))}.")
    return tuple(sorted(letters[letter] for letter in cleaned)) or None


def _number(number: int, given: Any) -> float | None:
    if given is None or given == "" or given == ():
        return None
    try:
        value = float(str(given).strip().replace("−", "-").replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"Question {number} takes one number, not {given!r}.")
    return value

"""Checks of answers that are values: a dictionary of results, one array or number, or a plan."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.call import SECONDS, run
from zeropoint.course.compare import ATOL, RTOL, compare_arrays, like, not_finite, numbers
from zeropoint.course.verdict import NOT_WRITTEN, Verdict

_WORD_GAPS = re.compile(r"[\s_\-‐‑–]+")  # "per-channel", "per channel" and "per_channel" are the same word


@dataclass(frozen=True)
class Field:
    """One entry of a dictionary answer: a number, a text, or an array or list of numbers.

    Attributes
    ----------
    expected : number, string, list of numbers, or array of any shape
    misconceptions : tuple of (wrong value, message)
    otherwise : what to say when the value is wrong in an unknown way (never the right value)
    tolerance : relative; 0 means exactly equal

    Examples
    --------
    >>> Field("scale", 0.02, ((0.04, "that is two steps."),), "one step, please.").problem(0.04)
    'scale: that is two steps.'
    """

    name: str
    expected: Any
    misconceptions: tuple[tuple[Any, str], ...]
    otherwise: str
    tolerance: float = 0.0

    def problem(self, value: Any) -> str | None:
        """Return None if the value is right, else one or two sentences."""
        if _close(value, self.expected, self.tolerance):
            return None
        form = self._wrong_form(value)
        if form:
            return f"{self.name}: {form}"
        for wrong, message in self.misconceptions:
            if _close(value, wrong, max(self.tolerance, 1e-3)):
                return f"{self.name}: {message}"
        return f"{self.name}: {self.otherwise}"

    def _wrong_form(self, value: Any) -> str | None:
        """Return what the answer should look like, if it is of another kind altogether."""
        if isinstance(self.expected, str):
            return None if isinstance(value, str) else "expected one of the options, as text in quotes."
        got, want = numbers(value), np.asarray(self.expected)
        if want.ndim == 0:
            return "expected one number, without quotes or unit." if got is None or got.ndim else None
        if got is not None and got.shape == want.shape:
            return not_finite(got, want)
        if want.ndim == 1:
            return f"expected a list of {want.size} numbers, in the order of the brief."
        return f"expected an array of numbers of shape {want.shape}."


@dataclass(frozen=True)
class ChoiceField:
    """One entry of a dictionary answer: a choice *and* the reason for it, as ``("symmetric", "b")``.

    The right choice for a wrong reason is not right. Capital letters, spaces and hyphens do not matter.

    Attributes
    ----------
    choices, reasons : what the brief offers, e.g. ("symmetric", "asymmetric") and ("a", "b", "c")
    right : (choice, reason)
    messages : tuple of ((choice, reason), message) for wrong combinations, the most specific first; None in place
        of a choice or a reason stands for any
    otherwise : for a wrong combination without a message of its own

    Examples
    --------
    >>> why = ((None, "b"), "what follows from b?")
    >>> field = ChoiceField("scheme", ("yes", "no"), ("a", "b"), ("yes", "a"), (why,), "think again.")
    >>> field.problem(("yes", "b"))
    'scheme: what follows from b?'
    """

    name: str
    choices: tuple[str, ...]
    reasons: tuple[str, ...]
    right: tuple[str, str]
    messages: tuple[tuple[tuple[str | None, str | None], str], ...]
    otherwise: str

    def __post_init__(self) -> None:
        """Refuse a specification that no learner could meet, or whose message can never be shown."""
        for choice, reason in (self.right, *(pair for pair, _ in self.messages)):
            if choice not in (*self.choices, None) or reason not in (*self.reasons, None):
                raise ValueError(f"{self.name}: ({choice}, {reason}) is not among the choices and reasons: correct it.")

    def problem(self, value: Any) -> str | None:
        """Return None for the right choice with the right reason, else one or two sentences."""
        if not isinstance(value, tuple | list) or len(value) != 2:
            return f'{self.name}: expected two texts, ("{self.choices[0]}", "{self.reasons[0]}") – choice and reason.'
        choice, reason = _option(value[0], self.choices), _option(value[1], self.reasons)
        if choice is None or reason is None:
            what, options = ("choice", self.choices) if choice is None else ("reason", self.reasons)
            return f"{self.name}: the {what} has to be one of {', '.join(options)}, as text in quotes."
        if (choice, reason) == self.right:
            return None
        for pair, message in self.messages:
            if pair[0] in (choice, None) and pair[1] in (reason, None):
                return f"{self.name}: {message}"
        return f"{self.name}: {self.otherwise}"


@dataclass(frozen=True)
class FieldsCheck:
    """The learner fills in a dictionary; every field is checked by itself, and all must be right to pass.

    Fields are independent of each other, so right ones count while others are wrong or missing: of n fields with m
    right, the exercise's points times m / n, rounded down. ``partial=False`` gives all or nothing instead.

    Attributes
    ----------
    fields : tuple of Field and ChoiceField
    hints : of increasing help
    praise : what is said when all is right
    partial : bool – whether right fields count while others are wrong
    seconds : float – time limit (an answer may be an object with code of its own)
    """

    fields: tuple[Field | ChoiceField, ...]
    hints: tuple[str, ...]
    praise: str
    partial: bool = True
    seconds: float = SECONDS

    def grade(self, answer: Any) -> Verdict:
        """Return the verdict on a dictionary of results."""
        return guarded(self._grade, answer, self.seconds)

    def _grade(self, answer: Any) -> Verdict:
        names = [field.name for field in self.fields]
        if not isinstance(answer, Mapping):
            return Verdict(
                False, f"Expected a dictionary with {', '.join(names)}, got a {type(answer).__name__}: keep the braces."
            )
        given = {name: answer.get(name) for name in names}
        missing = [name for name, value in given.items() if value is None or value is ...]
        if len(missing) == len(names):
            return Verdict(False, NOT_WRITTEN)
        problems = [p for f in self.fields if f.name not in missing and (p := f.problem(given[f.name]))]
        if not problems and not missing:
            return Verdict(True, self.praise)
        right, of = len(names) - len(problems) - len(missing), len(names)
        if missing:
            message = f"Still missing: {', '.join(missing)}."
        else:  # the first one only: later errors often follow from it
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            message = f"{right} of {of} entries are right. {problems[0]}{more}"
        return Verdict(False, message, right if self.partial else 0, of)


@dataclass(frozen=True)
class ArrayCheck:
    """The learner hands over one array, tensor or number, already computed.

    Attributes
    ----------
    expected : callable without arguments → array, tensor or number (called when needed, so it may import torch)
    misconceptions : tuple of (callable without arguments → wrong array, message)
    otherwise : what to say when values are wrong in an unknown way, after the element concerned
    hints, praise : as everywhere
    rtol, atol : float – for floating-point results; integers are compared exactly
    dtype : bool – whether the dtype must be that of ``expected`` too
    seconds : float – time limit
    """

    expected: Callable[[], Any]
    misconceptions: tuple[tuple[Callable[[], Any], str], ...]
    otherwise: str
    hints: tuple[str, ...]
    praise: str
    rtol: float = RTOL
    atol: float = ATOL
    dtype: bool = False
    seconds: float = SECONDS

    def grade(self, answer: Any) -> Verdict:
        """Return the verdict on an array."""
        return guarded(self._grade, answer, self.seconds)

    def _grade(self, answer: Any) -> Verdict:
        if callable(answer) and not hasattr(answer, "dtype"):
            return Verdict(False, "Expected the result, got a function: call it, and check what it returns.")
        expected = self.expected()
        problem = self._compare(answer, expected)
        if problem is None:
            return Verdict(True, self.praise)
        for wrong, message in self.misconceptions:
            if self._compare(answer, wrong()) is None:
                return Verdict(False, message)
        values = " is wrong (" in problem
        return Verdict(False, f"{problem[0].upper()}{problem[1:]}{' ' + self.otherwise if values else ''}")

    def _compare(self, answer: Any, expected: Any) -> str | None:
        given = np.asarray(answer) if isinstance(answer, list | tuple) and numbers(answer) is not None else answer
        return compare_arrays(like(given, expected), expected, rtol=self.rtol, atol=self.atol, dtype=self.dtype)


def guarded(grade: Callable[[Any], Verdict], answer: Any, seconds: float) -> Verdict:
    """Grade what may be an object with code of its own: whatever that code does becomes a verdict."""
    if answer is None or answer is ...:
        return Verdict(False, NOT_WRITTEN)
    outcome = run(grade, (answer,), deadline=time.monotonic() + seconds, seconds=seconds)
    if outcome.problem:
        reason = outcome.problem.replace("your function", "it")
        return Verdict(False, f"Your answer, a {type(answer).__name__}, cannot be read: {reason}")
    return outcome.value


def _option(given: Any, options: tuple[str, ...]) -> str | None:
    return next((option for option in options if _close(given, option, 0)), None)


def _close(value: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, str):
        return isinstance(value, str) and _word(value) == _word(expected)
    got, want = numbers(value), np.asarray(expected, dtype=np.float64)
    return got is not None and got.shape == want.shape and bool(np.all(np.abs(got - want) <= tolerance * np.abs(want)))


def _word(text: str) -> str:
    return _WORD_GAPS.sub(" ", text).strip().lower()

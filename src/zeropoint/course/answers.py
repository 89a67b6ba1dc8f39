"""Checks of answers that are values: a dictionary of results, of which each entry counts by itself."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.call import SECONDS, run
from zeropoint.course.compare import not_finite, numbers
from zeropoint.course.verdict import NOT_WRITTEN, Verdict

NEAR = 1e-3  # relative: how near a known wrong value has to be, whatever the field's own tolerance
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
        if form is not None:
            return f"{self.name}: {form}"
        for wrong, message in self.misconceptions:
            if _close(value, wrong, max(self.tolerance, NEAR)):
                return f"{self.name}: {message}"
        return f"{self.name}: {self.otherwise}"

    def _wrong_form(self, value: Any) -> str | None:
        """Return what the answer should look like, if it is of another kind altogether."""
        if isinstance(self.expected, str):
            return None if isinstance(value, str) else "expected one of the options, as text in quotes."
        got = numbers(value)
        want = np.asarray(self.expected)
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
        choice = _option(value[0], self.choices)
        reason = _option(value[1], self.reasons)
        if choice is None:
            return self._not_offered("choice", self.choices)
        if reason is None:
            return self._not_offered("reason", self.reasons)
        if (choice, reason) == self.right:
            return None
        for (wrong_choice, wrong_reason), message in self.messages:
            if wrong_choice in (choice, None) and wrong_reason in (reason, None):
                return f"{self.name}: {message}"
        return f"{self.name}: {self.otherwise}"

    def _not_offered(self, what: str, options: tuple[str, ...]) -> str:
        return f"{self.name}: the {what} has to be one of {', '.join(options)}, as text in quotes."


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
        found = [field.problem(given[field.name]) for field in self.fields if field.name not in missing]
        problems = [problem for problem in found if problem is not None]
        if not problems and not missing:
            return Verdict(True, self.praise)
        right = len(found) - len(problems)
        of = len(names)
        if missing:
            message = f"Still missing: {', '.join(missing)}."
        else:  # the first one only: later errors often follow from it
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            message = f"{right} of {of} entries are right. {problems[0]}{more}"
        return Verdict(False, message, right if self.partial else 0, of)


def guarded(grade: Callable[[Any], Verdict], answer: Any, seconds: float) -> Verdict:
    """Grade what may be an object with code of its own: whatever that code does becomes a verdict."""
    if answer is None or answer is ...:
        return Verdict(False, NOT_WRITTEN)
    outcome = run(grade, (answer,), deadline=time.monotonic() + seconds, seconds=seconds, subject="it")
    if outcome.problem is not None:
        return Verdict(False, f"Your answer, a {type(answer).__name__}, cannot be read: {outcome.problem}")
    return outcome.value


def _option(given: Any, options: tuple[str, ...]) -> str | None:
    return next((option for option in options if _close(given, option, 0)), None)


def _close(value: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, str):
        return isinstance(value, str) and _word(value) == _word(expected)
    got = numbers(value)
    want = np.asarray(expected, dtype=np.float64)
    if got is None or got.shape != want.shape:
        return False
    return bool(np.all(np.abs(got - want) <= tolerance * np.abs(want)))


def _word(text: str) -> str:
    return _WORD_GAPS.sub(" ", text).strip().lower()

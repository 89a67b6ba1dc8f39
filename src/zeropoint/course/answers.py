"""Checks of answers that are values: a dictionary of results, of which each entry counts by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from zeropoint.course.call import SECONDS, run
from zeropoint.course.compare import not_finite, numbers
from zeropoint.course.match import close, distance, rounding_of, word
from zeropoint.course.shown import in_short
from zeropoint.course.verdict import NOT_WRITTEN, Verdict

NEAR = 1e-3  # relative: how near a known wrong value has to be, whatever the field's own tolerance
DIGITS = 3  # significant ones: what a person writes down where no precision is asked for


@dataclass(frozen=True)
class Field:
    """One entry of a dictionary answer: a number, a text, or an array or list of numbers.

    Attributes
    ----------
    expected : number, string, list of numbers, or array of any shape
    misconceptions : tuple of (wrong value, message)
    otherwise : what to say when the value is wrong in an unknown way (never the right value)
    tolerance : relative; 0 means exactly equal
    digits : how many significant digits the right number may be rounded to; None where rounding is not allowed. Whole
        numbers (``int``) are counts or codes: they are never rounded. What lies nearer to a known wrong value than to
        the right one is wrong

    Examples
    --------
    >>> Field("scale", 0.02, ((0.04, "that is two steps."),), "one step, please.").problem(0.04)
    'scale: that is two steps.'
    >>> Field("bits", 4 + 1 / 36, (), "count the scale as well.").problem(4.03) is None
    True
    """

    name: str
    expected: Any
    misconceptions: tuple[tuple[Any, str], ...]
    otherwise: str
    tolerance: float = 0.0
    digits: int | None = DIGITS

    def problem(self, value: Any) -> str | None:
        """Return None if the value is right, else one or two sentences."""
        if close(value, self.expected, self.tolerance) or self._rounded(value):
            return None
        return f"{self.name}: {self.wrong_form(value) or self.known_mistake(value) or self.otherwise}"

    def known_mistake(self, value: Any) -> str | None:
        """Return the message of the wrong idea that leads to a value, if it is a known one."""
        for wrong, message in self.misconceptions:
            if close(value, wrong, max(self.tolerance, NEAR)) or rounding_of(value, wrong, self.digits):
                return message
        return None

    def _rounded(self, value: Any) -> bool:
        """Return whether a value is the right one after rounding, and not rather a known wrong one."""
        if not rounding_of(value, self.expected, self.digits):
            return False
        away = distance(value, self.expected)
        return all(distance(value, wrong) > away for wrong, _ in self.misconceptions)

    def wrong_form(self, value: Any) -> str | None:
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
        stray = unknown_key(answer, names)
        if len(missing) == len(names):
            return Verdict(False, stray or NOT_WRITTEN)
        found = [field.problem(given[field.name]) for field in self.fields if field.name not in missing]
        problems = [problem for problem in found if problem is not None]
        if not problems and not missing:
            return Verdict(True, self.praise)
        right = len(found) - len(problems)
        of = len(names)
        if missing:
            message = " ".join([*([stray] if stray else []), f"Still missing: {', '.join(missing)}."])
        else:  # the first one only: later errors often follow from it
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            message = f"{right} of {of} entries are right. {problems[0]}{more}"
        return Verdict(False, message, right if self.partial else 0, of)


def unknown_key(answer: Mapping[Any, Any], names: Sequence[str]) -> str | None:
    """Return a sentence on the first key that a brief does not know, with the one that was probably meant.

    Examples
    --------
    >>> unknown_key({"scael": 0.02}, ("scale", "zero_point"))
    "Unknown key 'scael': did you mean 'scale'?"
    """
    for key in answer:
        if key not in names:
            near = get_close_matches(word(str(key)), [word(name) for name in names], n=1)
            meant = [name for name in names if word(name) in near]
            says = f"did you mean {meant[0]!r}?" if meant else f"expected {', '.join(names)}."
            return f"Unknown key {in_short(key)}: {says}"
    return None


def guarded(grade: Callable[[Any], Verdict], answer: Any, seconds: float) -> Verdict:
    """Grade what may be an object with code of its own: whatever that code does becomes a verdict."""
    if answer is None or answer is ...:
        return Verdict(False, NOT_WRITTEN)
    outcome = run(grade, (answer,), deadline=time.monotonic() + seconds, seconds=seconds, subject="it")
    if outcome.problem is not None:
        return Verdict(False, f"Your answer, a {type(answer).__name__}, cannot be read: {outcome.problem}")
    return outcome.value


def _option(given: Any, options: tuple[str, ...]) -> str | None:
    return next((option for option in options if close(given, option, 0)), None)

"""What a check consists of, as data: cases, a reference, a comparison, misconceptions and hints.

Two kinds of answers exist so far: a function that the learner writes, and a dictionary of results.
"""

from __future__ import annotations

import contextlib
import copy
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

NOT_WRITTEN = "This one is not written yet: replace the gap with your own answer, run the cell, and check again."
ALIKE = 0.6  # share of all cases, and of the wrong ones, in which an impostor must give the learner's result


@dataclass(frozen=True)
class Verdict:
    """What is wrong, or that nothing is; ``public`` says whether the learner may see the case."""

    passed: bool
    message: str


@dataclass(frozen=True)
class Case:
    """One call of the learner's function; only public cases are shown when they fail."""

    args: tuple[Any, ...]
    public: bool = False


@dataclass(frozen=True)
class Impostor:
    """A known misconception as code: a wrong function whose results give it away, and what to tell the learner."""

    function: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class FunctionCheck:
    """The learner's function is called on copies of many cases and compared with the reference outside of it.

    Attributes
    ----------
    reference : callable – the right answer
    cases : callable without arguments → list of Case, the same ones each time
    compare : callable (got, expected) → None if equal, else one sentence
    impostors : known wrong ideas, the most specific first
    """

    reference: Callable[..., Any]
    cases: Callable[[], list[Case]]
    compare: Callable[[Any, Any], str | None]
    impostors: tuple[Impostor, ...]
    hints: tuple[str, ...]
    praise: str

    def grade(self, answer: Any) -> Verdict:
        """Return the verdict on a learner's function; nothing that it does escapes from here."""
        if answer is None or answer is ...:
            return Verdict(False, NOT_WRITTEN)
        if not callable(answer):
            return Verdict(
                False, f"Expected your function itself, got a {type(answer).__name__}: check(…, name), without ()."
            )
        cases = self.cases()
        outcomes = [_call(answer, case.args) for case in cases]
        expected = [self.reference(*copy.deepcopy(case.args)) for case in cases]
        problems = [o.problem or self.compare(o.value, want) for o, want in zip(outcomes, expected, strict=True)]
        first = next((i for i, problem in enumerate(problems) if problem), None)
        if first is None:
            return Verdict(True, self.praise)
        message = self._explain(cases, outcomes, expected)
        return Verdict(False, message or _locate(cases[first], problems[first]))

    def _explain(self, cases: list[Case], outcomes: list[_Outcome], expected: list[Any]) -> str | None:
        """Return the message of the impostor that errs most like the learner's function, if one really does."""
        wrong = [i for i, want in enumerate(expected) if not _same(outcomes[i], _Outcome(want))]
        best, message = ALIKE, None
        for impostor in self.impostors if wrong else ():
            results = [_call(impostor.function, case.args) for case in cases]
            alike = np.array([_same(mine, theirs) for mine, theirs in zip(outcomes, results, strict=True)])
            likeness = min(alike.mean(), alike[wrong].mean())
            if likeness > best:  # the first of equals: the most specific comes first
                best, message = likeness, impostor.message
        return message


@dataclass(frozen=True)
class Field:
    """One entry of a dictionary answer.

    Attributes
    ----------
    expected : number, string or list of numbers
    misconceptions : tuple of (wrong value, message)
    otherwise : what to say when the value is wrong in an unknown way (never the right value)
    tolerance : relative; 0 means exactly equal
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
        numbers = _numbers(value)
        if isinstance(self.expected, list):
            count = len(self.expected)
            wrong = numbers is None or numbers.shape != (count,)
            return f"expected a list of {count} numbers, in the order of the brief." if wrong else None
        return "expected one number, without quotes or unit." if numbers is None or numbers.ndim else None


@dataclass(frozen=True)
class FieldsCheck:
    """The learner fills in a dictionary; every field is checked by itself, and all must be right."""

    fields: tuple[Field, ...]
    hints: tuple[str, ...]
    praise: str

    def grade(self, answer: Any) -> Verdict:
        """Return the verdict on a dictionary of results."""
        if answer is None or answer is ...:
            return Verdict(False, NOT_WRITTEN)
        names = [field.name for field in self.fields]
        if not isinstance(answer, Mapping):
            return Verdict(
                False, f"Expected a dictionary with {', '.join(names)}, got a {type(answer).__name__}: keep the braces."
            )
        given = {name: answer.get(name) for name in names}
        missing = [name for name, value in given.items() if value is None or value is ...]
        if len(missing) == len(names):
            return Verdict(False, NOT_WRITTEN)
        if missing:
            return Verdict(False, f"Still missing: {', '.join(missing)}.")
        problems = [p for field in self.fields if (p := field.problem(given[field.name]))]
        if not problems:
            return Verdict(True, self.praise)
        right = len(self.fields) - len(problems)
        more = (
            f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        )  # later errors often follow from the first
        return Verdict(False, f"{right} of {len(self.fields)} entries are right. {problems[0]}{more}")


@dataclass(frozen=True)
class _Outcome:
    value: Any = None
    problem: str | None = None


def _call(function: Callable[..., Any], args: tuple[Any, ...]) -> _Outcome:
    """Call with copies, swallow what it prints, and turn whatever it raises or overwrites into a sentence."""
    given = copy.deepcopy(args)
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            value = function(*given)
    except NotImplementedError:
        return _Outcome(problem=NOT_WRITTEN)
    except Exception as error:
        reason = f": {error}" if str(error) else ""
        return _Outcome(problem=f"your function stopped with {type(error).__name__}{reason}.")
    if not all(np.array_equal(before, after) for before, after in zip(args, given, strict=True)):
        return _Outcome(value, "your function overwrites its input, which the caller still needs: work on a new array.")
    return _Outcome(value)


def _locate(case: Case, problem: str) -> str:
    if problem is NOT_WRITTEN:
        return problem
    if not case.public:
        return f"On a generated case (not shown): {problem}"
    shown = ", ".join(np.array2string(np.asarray(a), precision=4, separator=", ", threshold=8) for a in case.args)
    return f"Called with ({shown}): {problem}"


def _same(mine: _Outcome, theirs: _Outcome) -> bool:
    if mine.problem or theirs.problem:
        return False
    try:
        a, b = (np.asarray(outcome.value, dtype=np.float64) for outcome in (mine, theirs))
        return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-5, atol=1e-7, equal_nan=True))
    except (TypeError, ValueError, OverflowError):  # a ragged or non-numeric answer resembles nothing
        return False


def _close(value: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, str):
        return isinstance(value, str) and _WORD_GAPS.sub(" ", value).strip().lower() == _WORD_GAPS.sub(" ", expected)
    got, want = _numbers(value), np.asarray(expected, dtype=np.float64)
    return got is not None and got.shape == want.shape and bool(np.all(np.abs(got - want) <= tolerance * np.abs(want)))


def _numbers(value: Any) -> np.ndarray | None:
    """Return a number or numbers as float64; None for anything else, text included."""
    try:
        array = np.asarray(value)
        return None if array.dtype.kind in "USOb" else array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):  # ragged lists and the like
        return None


_WORD_GAPS = re.compile(r"[\s_\-‐‑–]+")  # "per-channel", "per channel" and "per_channel" are the same word

"""What a check consists of, as data: cases, a reference, a comparison, misconceptions and hints.

All kinds of checks can be imported from here:

- :class:`FunctionCheck` – the learner writes a function; it may take tensors, modules or tables
- :class:`FieldsCheck` with :class:`Field` and :class:`ChoiceField` – the learner fills in a dictionary of results
- :class:`PlanCheck` – the learner hands over a dictionary that must keep to the brief's constraints
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from zeropoint.course.answers import ChoiceField, Field, FieldsCheck
from zeropoint.course.call import SECONDS, Outcome, run
from zeropoint.course.changed import unchanged
from zeropoint.course.compare import alike, compare_arrays, is_tensor, leaves, like, not_finite
from zeropoint.course.plan import PlanCheck
from zeropoint.course.shown import called_with
from zeropoint.course.verdict import NOT_WRITTEN, Kind, Problem, Verdict, kind_of

__all__ = [
    "NOT_WRITTEN",
    "Case",
    "Check",
    "ChoiceField",
    "Field",
    "FieldsCheck",
    "FunctionCheck",
    "Impostor",
    "PlanCheck",
    "Verdict",
    "compare_arrays",
]

# Two functions with few possible results coincide now and then: an idea is named only when it explains most errors.
EXPLAINED = 2 / 3  # least share of the learner's errors that are also the impostor's
SHARED = 1 / 2  # least share of the cases in which either errs that have one and the same wrong result
NOTHING = Problem(Kind.STOPPED, "your function returns nothing – is there a return?")
OVERWRITES = Problem(
    Kind.CHANGED_INPUT, "your function changes its input, which the caller still needs: work on a copy of it."
)


@dataclass(frozen=True)
class Case:
    """One call of the learner's function; only public cases are shown when they fail.

    Arguments are deep-copied for every call: arrays, tensors, small modules and DataFrames are all right.
    """

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
    compare : callable (got, expected) → None if equal, else one sentence without the expected value
        (:func:`~zeropoint.course.compare.compare_arrays` is one); called on the learner's object, so it may fail
    impostors : known wrong ideas, the most specific first
    hints : of increasing help
    praise : what is said when all is right
    seconds : float – time limit for all cases together
    changes : positions of the arguments that the function may change, because the brief hands them over for that (a
        network to be trained); all others must be after the call what they were before it
    observe : callable (returned value, *arguments after the call) → what is compared, for a procedure that works in
        place or returns an object to be tried out (a module: run it); asked only when no other argument was changed
    same_library : bool – True refuses a torch tensor where the reference returns a NumPy array, and the reverse;
        by default the one is turned into the other before it is compared
    """

    reference: Callable[..., Any]
    cases: Callable[[], list[Case]]
    compare: Callable[[Any, Any], str | None]
    impostors: tuple[Impostor, ...]
    hints: tuple[str, ...]
    praise: str
    seconds: float = SECONDS
    changes: tuple[int, ...] = ()
    observe: Callable[..., Any] | None = None
    same_library: bool = False

    def grade(self, answer: Any) -> Verdict:
        """Return the verdict on a learner's function; nothing that it does escapes from here."""
        if answer is None or answer is ...:
            return Verdict(False, NOT_WRITTEN)
        if not callable(answer):
            return Verdict(
                False, f"Expected your function itself, got a {type(answer).__name__}: check(…, name), without ()."
            )
        cases = self._same_cases
        expected = self._expected
        deadline = time.monotonic() + self.seconds
        outcomes: list[Outcome] = []
        for case, want in zip(cases, expected, strict=True):
            outcome = self._call(answer, case, deadline)
            outcomes.append(self._compared(outcome, want, deadline))
            if outcome.final or outcomes[-1].final:
                break
        for case, outcome in zip(cases, outcomes, strict=False):  # the first problem is told, or what explains all
            if outcome.problem is not None:
                message = None if outcomes[-1].final else self._explain(outcomes, expected)
                return Verdict(False, _located(case, outcome.problem) if message is None else message)
        return Verdict(True, self.praise)

    def _call(self, function: Callable[..., Any], case: Case, deadline: float | None) -> Outcome:
        """Call with copies of the arguments; only those that the brief hands over for that may be overwritten."""
        given = copy.deepcopy(case.args)
        outcome = run(function, given, deadline=deadline, seconds=self.seconds)
        if outcome.problem is not None:
            return outcome
        kept = [(old, new) for i, (old, new) in enumerate(zip(case.args, given, strict=True)) if i not in self.changes]
        same = run(lambda: all(unchanged(*pair) for pair in kept), deadline=deadline, seconds=self.seconds)
        if same.final:
            return same
        if same.value is not True:
            return Outcome(problem=OVERWRITES)
        if outcome.value is None and self._returns:
            return Outcome(problem=NOTHING)
        if self.observe is None:
            return outcome
        return run(self.observe, (outcome.value, *given), deadline=deadline, seconds=self.seconds)

    def _compared(self, outcome: Outcome, want: Any, deadline: float | None) -> Outcome:
        """Return the outcome with its numbers as value and, when it is wrong, the problem."""
        if outcome.problem is not None:
            return Outcome(problem=outcome.problem, final=outcome.final)
        judged = run(self._judge, (outcome.value, want), deadline=deadline, seconds=self.seconds)
        if judged.final:
            return judged
        if judged.problem is not None:  # the comparison itself fails on what the function returned
            text = f"your function returns a {type(outcome.value).__name__}, which cannot be compared: "
            return Outcome(problem=Problem(Kind.FORM, text + "look at the brief again."))
        problem, numbers = judged.value
        return Outcome(numbers, problem)

    def _judge(self, value: Any, want: Any) -> tuple[str | None, list[np.ndarray] | None]:
        if self.same_library and is_tensor(value) != is_tensor(want):
            asked = "a torch tensor" if is_tensor(want) else "a NumPy array"
            got = "a NumPy array" if is_tensor(want) else "a torch tensor"
            return Problem(Kind.FORM, f"expected {asked}, got {got}: convert it before you return it."), None
        given = like(value, want)
        problem = self.compare(given, want)
        if problem is None:
            problem = not_finite(given, want)  # a comparison with NaN is never true
        found = leaves(given)
        return problem, None if found is None else [np.array(leaf) for leaf in found]

    def _explain(self, outcomes: list[Outcome], expected: list[Any]) -> str | None:
        """Return the message of the impostor that errs most like the learner's function, if one really does."""
        right = [leaves(want) for want in expected]
        mine = _errors(outcomes, right)
        best = 0.0
        message = None
        for impostor, results in zip(self.impostors, self._impostor_results, strict=True):
            either = mine | _errors(results, right)
            same = sum(alike(outcomes[i].value, results[i].value) for i in either)  # a right result is none of these
            shared = same / max(1, len(either))
            if same >= EXPLAINED * max(1, len(mine)) and shared >= SHARED and shared > best:
                best = shared  # the first of equals: the most specific comes first
                message = impostor.message
        return message

    @cached_property
    def _same_cases(self) -> list[Case]:
        """The cases of all answers: nothing changes them, since every call gets copies."""
        return self.cases()

    @cached_property
    def _reference_results(self) -> list[tuple[Any, Any]]:
        """What the reference returns in each case, and what is compared."""
        results = []
        for case in self._same_cases:
            given = copy.deepcopy(case.args)
            value = self.reference(*given)
            results.append((value, self.observe(value, *given) if self.observe else value))
        return results

    @cached_property
    def _expected(self) -> list[Any]:
        """What is right in each case; only comparisons of ours ever see it."""
        return [observed for _, observed in self._reference_results]

    @cached_property
    def _returns(self) -> bool:
        """Whether every case has a result other than None: then None says that a return is missing."""
        return all(value is not None for value, _ in self._reference_results)

    @cached_property
    def _impostor_results(self) -> list[list[Outcome]]:
        """What each impostor gives in each case: the same for every answer, so computed for the first."""
        return [
            [
                self._compared(self._call(impostor.function, case, None), want, None)
                for case, want in zip(self._same_cases, self._expected, strict=True)
            ]
            for impostor in self.impostors
        ]


Check = FunctionCheck | FieldsCheck | PlanCheck


def _errors(outcomes: list[Outcome], right: list[list[np.ndarray] | None]) -> set[int]:
    """Return the cases with wrong numbers in them; where there are many right results, those with a problem."""
    return {
        i
        for i, (outcome, want) in enumerate(zip(outcomes, right, strict=True))
        if (outcome.problem is not None if want is None else not alike(outcome.value, want))
    }


def _located(case: Case, problem: str) -> str:
    if kind_of(problem) is Kind.NOT_WRITTEN:
        return problem
    if case.public:
        return called_with(case.args, problem)
    return f"On a generated case (not shown): {problem}"

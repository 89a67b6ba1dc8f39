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
from zeropoint.course.compare import alike, compare_arrays, is_tensor, leaves, like, not_finite, unchanged
from zeropoint.course.plan import PlanCheck
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

ALIKE = 0.6  # share of all cases, and of the wrong ones, in which an impostor must give the learner's result
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
    observe : callable (returned value, *arguments after the call) → what is compared, for a procedure that works in
        place or returns an object to be tried out (a module: run it); without it, arguments must stay as they were
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

    def _value(self, function: Callable[..., Any], case: Case) -> Any:
        given = copy.deepcopy(case.args)
        value = function(*given)
        return self.observe(value, *given) if self.observe else value

    def _call(self, function: Callable[..., Any], case: Case, deadline: float | None) -> Outcome:
        """Call with copies of the arguments; what is overwritten is a problem unless it is to be observed."""
        given = copy.deepcopy(case.args)
        outcome = run(function, given, deadline=deadline, seconds=self.seconds)
        if outcome.problem is not None:
            return outcome
        if self.observe:
            return run(self.observe, (outcome.value, *given), deadline=deadline, seconds=self.seconds)
        same = run(unchanged, (case.args, given), deadline=deadline, seconds=self.seconds)
        return outcome if same.value is True else Outcome(outcome.value, OVERWRITES)

    def _compared(self, outcome: Outcome, want: Any, deadline: float) -> Outcome:
        """Return the outcome with its numbers as value and, when it is wrong, the problem."""
        if outcome.problem is not None:
            return Outcome(problem=outcome.problem, final=outcome.final)
        if outcome.value is None and want is not None:
            return Outcome(problem=Problem(Kind.STOPPED, "your function returns nothing – is there a return?"))
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
        numbers = [np.array(leaf) for leaf in leaves(given) or ()]
        return problem, numbers or None

    def _explain(self, outcomes: list[Outcome], expected: list[Any]) -> str | None:
        """Return the message of the impostor that errs most like the learner's function, if one really does."""
        right = [leaves(want) for want in expected]
        wrong = [i for i, want in enumerate(right) if not alike(outcomes[i].value, want)]
        if not wrong:
            return None
        best = ALIKE
        message = None
        for impostor, results in zip(self.impostors, self._impostor_results, strict=True):
            same = np.array([alike(mine.value, theirs) for mine, theirs in zip(outcomes, results, strict=True)])
            likeness = min(same.mean(), same[wrong].mean())
            if likeness > best:  # the first of equals: the most specific comes first
                best = likeness
                message = impostor.message
        return message

    @cached_property
    def _same_cases(self) -> list[Case]:
        """The cases of all answers: nothing changes them, since every call gets copies."""
        return self.cases()

    @cached_property
    def _expected(self) -> list[Any]:
        """What the reference gives in each case; only comparisons of ours ever see it."""
        return [self._value(self.reference, case) for case in self._same_cases]

    @cached_property
    def _impostor_results(self) -> list[list[list[np.ndarray] | None]]:
        """What each impostor returns in each case, as numbers: the same for every answer, so computed for the first."""
        results = []
        for impostor in self.impostors:
            values = [self._call(impostor.function, case, None).value for case in self._same_cases]
            results.append([run(leaves, (value,)).value for value in values])
        return results


Check = FunctionCheck | FieldsCheck | PlanCheck


def _located(case: Case, problem: str) -> str:
    if kind_of(problem) is Kind.NOT_WRITTEN:
        return problem
    if not case.public:
        return f"On a generated case (not shown): {problem}"
    return f"Called with ({', '.join(_shown(argument) for argument in case.args)}): {problem}"


def _shown(argument: Any) -> str:
    """Return an argument in a few characters; large objects by their kind and shape."""
    if isinstance(argument, bool | str) or argument is None:
        return repr(argument)
    if isinstance(argument, list | tuple):  # of arrays, maybe, which need not be of one shape
        return f"[{', '.join(map(_shown, argument))}]"
    if is_tensor(argument):
        argument = argument.detach().cpu()
    if hasattr(argument, "state_dict") or hasattr(argument, "iloc"):
        return f"a {type(argument).__name__}"
    return np.array2string(np.asarray(argument), precision=4, separator=", ", threshold=8, max_line_width=10_000)

"""What a check consists of, as data: cases, a reference, a comparison, misconceptions and hints.

All kinds of checks can be imported from here:

- :class:`FunctionCheck` – the learner writes a function; it may take tensors, modules or tables
- :class:`FieldsCheck` with :class:`Field` and :class:`ChoiceField` – the learner fills in a dictionary of results
- :class:`ArrayCheck` – the learner hands over one array or number
- :class:`PlanCheck` – the learner hands over a dictionary that must keep to the brief's constraints
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.answers import ArrayCheck, ChoiceField, Field, FieldsCheck
from zeropoint.course.call import SECONDS, Outcome, run
from zeropoint.course.compare import alike, compare_arrays, is_tensor, leaves, like, not_finite, unchanged
from zeropoint.course.plan import PlanCheck
from zeropoint.course.verdict import NOT_WRITTEN, Verdict

__all__ = [
    "NOT_WRITTEN",
    "ArrayCheck",
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
OVERWRITES = "your function changes its input, which the caller still needs: work on a copy of it."


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
        cases = self.cases()
        expected = [self._value(self.reference, case) for case in cases]
        deadline = time.monotonic() + self.seconds
        outcomes: list[Outcome] = []
        for case, want in zip(cases, expected, strict=True):
            outcome = self._call(answer, case, deadline)
            outcomes.append(self._compared(outcome, want, deadline))
            if outcome.final or outcomes[-1].final:
                break
        first = next((i for i, outcome in enumerate(outcomes) if outcome.problem), None)
        if first is None:
            return Verdict(True, self.praise)
        final = outcomes[-1].final
        message = None if final else self._explain(cases, outcomes, expected)
        return Verdict(False, message or _locate(cases[first], outcomes[first].problem or ""))

    def _value(self, function: Callable[..., Any], case: Case) -> Any:
        given = copy.deepcopy(case.args)
        value = function(*given)
        return self.observe(value, *given) if self.observe else value

    def _call(self, function: Callable[..., Any], case: Case, deadline: float | None) -> Outcome:
        """Call with copies of the arguments; what is overwritten is a problem unless it is to be observed."""
        given = copy.deepcopy(case.args)
        outcome = run(function, given, deadline=deadline, seconds=self.seconds)
        if outcome.problem:
            return outcome
        if self.observe:
            return run(self.observe, (outcome.value, *given), deadline=deadline, seconds=self.seconds)
        same = run(unchanged, (case.args, given), deadline=deadline, seconds=self.seconds)
        return outcome if same.value is True else Outcome(outcome.value, OVERWRITES)

    def _compared(self, outcome: Outcome, want: Any, deadline: float) -> Outcome:
        """Return the outcome with its numbers as value and, when it is wrong, the problem."""
        if outcome.problem:
            return Outcome(problem=outcome.problem, final=outcome.final)
        if outcome.value is None and want is not None:
            return Outcome(problem="your function returns nothing – is there a return?")
        judged = run(self._judge, (outcome.value, want), deadline=deadline, seconds=self.seconds)
        if judged.final:
            return judged
        if judged.problem:  # the comparison itself fails on what the function returned
            kind = type(outcome.value).__name__
            return Outcome(
                problem=f"your function returns a {kind}, which cannot be compared: look at the brief again."
            )
        problem, numbers = judged.value
        return Outcome(numbers, problem)

    def _judge(self, value: Any, want: Any) -> tuple[str | None, list[np.ndarray] | None]:
        if self.same_library and is_tensor(value) != is_tensor(want):
            names = ("a torch tensor", "a NumPy array")
            asked, got = names if is_tensor(want) else names[::-1]
            return f"expected {asked}, got {got}: convert it before you return it.", None
        got = like(value, want)
        problem = self.compare(got, want) or not_finite(got, want)  # a comparison with NaN is never true
        return problem, [np.array(leaf) for leaf in leaves(got) or ()] or None

    def _explain(self, cases: list[Case], outcomes: list[Outcome], expected: list[Any]) -> str | None:
        """Return the message of the impostor that errs most like the learner's function, if one really does."""
        right = [leaves(want) for want in expected]
        wrong = [i for i, want in enumerate(right) if not alike(outcomes[i].value, want)]
        best, message = ALIKE, None
        for impostor in self.impostors if wrong else ():
            results = [run(leaves, (self._call(impostor.function, case, None).value,)).value for case in cases]
            same = np.array([alike(mine.value, theirs) for mine, theirs in zip(outcomes, results, strict=True)])
            likeness = min(same.mean(), same[wrong].mean())
            if likeness > best:  # the first of equals: the most specific comes first
                best, message = likeness, impostor.message
        return message


Check = FunctionCheck | FieldsCheck | ArrayCheck | PlanCheck


def _locate(case: Case, problem: str) -> str:
    if problem is NOT_WRITTEN:
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

"""Checks of a small plan: many different ones are right, as long as they keep to the brief's constraints."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeropoint.course.answers import guarded
from zeropoint.course.call import SECONDS
from zeropoint.course.compare import is_tensor
from zeropoint.course.verdict import NOT_WRITTEN, Verdict

_KINDS = {
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    bool: "True or False",
    list: "a list",
    dict: "a dictionary",
}


@dataclass(frozen=True)
class PlanCheck:
    """The learner hands over a dictionary that has to keep to every constraint of its brief.

    A plan that breaks one constraint is no plan, so it earns nothing: the message counts the broken constraints and
    explains the first one.

    Attributes
    ----------
    form : mapping of entry → int, float, str, bool, list or dict – all of them must be there, and no others;
        numbers reach the constraints as Python's own int and float, whatever library they came from
    constraints : tuple of callables, plan → None when kept, else one sentence that says what is broken and why it
        matters; called only on a plan of the right form, the most basic first
    hints : of increasing help
    praise : what is said when all are kept
    seconds : float – time limit

    Examples
    --------
    >>> def fits(plan):
    ...     return None if plan["bit_width"] <= 4 else "The plan needs 8 MB, the device has 4."
    >>> PlanCheck({"bit_width": int}, (fits,), hints=(), praise="It fits.").grade({"bit_width": 8}).message
    'The plan needs 8 MB, the device has 4. (1 of 1 constraints is broken.)'
    """

    form: Mapping[str, type]
    constraints: tuple[Callable[[dict[str, Any]], str | None], ...]
    hints: tuple[str, ...]
    praise: str
    seconds: float = SECONDS

    def grade(self, answer: Any) -> Verdict:
        """Return the verdict on a plan."""
        return guarded(self._grade, answer, self.seconds)

    def _grade(self, answer: Any) -> Verdict:
        names = ", ".join(self.form)
        if not isinstance(answer, Mapping):
            return Verdict(
                False, f"Expected a dictionary with {names}, got a {type(answer).__name__}: keep the braces."
            )
        given = {name: answer.get(name) for name in self.form}
        missing = [name for name, value in given.items() if value is None or value is ...]
        if len(missing) == len(given):
            return Verdict(False, NOT_WRITTEN)
        if missing:
            return Verdict(False, f"Still missing: {', '.join(missing)}.")
        unknown = [str(name) for name in answer if name not in self.form]
        if unknown:
            return Verdict(False, f"The brief knows no {', '.join(unknown)}: expected {names} and nothing else.")
        plan = {name: _plain(given[name], kind) for name, kind in self.form.items()}
        for name, kind in self.form.items():
            if plan[name] is None:
                return Verdict(False, f"{name}: expected {_KINDS[kind]}, got a {type(given[name]).__name__}.")
        return self._judge(plan)

    def _judge(self, plan: dict[str, Any]) -> Verdict:
        found = [keeps(copy.deepcopy(plan)) for keeps in self.constraints]
        broken = [sentence for sentence in found if sentence is not None]
        if not broken:
            return Verdict(True, self.praise)
        verb = "is" if len(broken) == 1 else "are"
        return Verdict(False, f"{broken[0]} ({len(broken)} of {len(self.constraints)} constraints {verb} broken.)")


def _plain(value: Any, kind: type) -> Any:
    """Return the value as Python's own type of that kind, or None when it is of another kind."""
    if is_tensor(value) or isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if kind in (int, float):
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(float(value)):
            return None
        if kind is int and not float(value).is_integer():
            return None
        return kind(value)
    if kind is str:
        return value.strip() if isinstance(value, str) else None
    if kind is list and isinstance(value, tuple):
        return list(value)
    return copy.deepcopy(value) if isinstance(value, kind) else None

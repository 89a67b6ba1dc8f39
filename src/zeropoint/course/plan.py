"""Checks of a small plan: many different ones are right, as long as they keep to the brief's constraints."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zeropoint.course.answers import guarded, unknown_key
from zeropoint.course.call import SECONDS
from zeropoint.course.compare import is_tensor, numbers
from zeropoint.course.match import word
from zeropoint.course.shown import in_short
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

    A plan that breaks one constraint is no plan, so it earns nothing unless its constraints are questions of their own
    (``partial=True``): then those that are kept count. The message counts the broken ones and explains the first.

    Attributes
    ----------
    form : mapping of entry → int, float, str, bool, list or dict – all of them must be there, and no others;
        numbers reach the constraints as Python's own int and float, whatever library they came from
    options : mapping of entry → the texts that the brief offers for it, or for each item of a list; capital letters,
        spaces and hyphens do not matter, and the constraints see the brief's own spelling
    partial : bool – whether kept constraints count while others are broken, or while the entries of others are missing
        or of another form; only where none depends on another
    constraints : tuple of callables, plan → None when kept, else one sentence that says what is broken and why it
        matters; the most basic first; called only on entries of the right form, each read as ``plan[name]``
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
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partial: bool = False

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
        stray = unknown_key(answer, tuple(self.form))
        if len(missing) == len(given):
            return Verdict(False, stray or NOT_WRITTEN)
        plan, problem = self._read({name: value for name, value in given.items() if name not in missing})
        if missing:
            problem = f"Still missing: {', '.join(missing)}."
        if stray or problem:
            return Verdict(False, stray or problem, self._kept(plan), len(self.constraints))
        return self._judge(plan)

    def _read(self, given: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Return the entries that have the right form, and what is wrong with the first of the others."""
        plan: dict[str, Any] = {}
        problems = []
        for name, value in given.items():
            kind = self.form[name]
            plain = _plain(value, kind)
            if plain is None:
                problems.append(f"{name}: expected {_KINDS[kind]}, got a {type(value).__name__}.")
                continue
            offered = self.options.get(name)
            if offered is not None:
                plain, stranger = _in_the_briefs_spelling(plain, offered)
                if stranger:
                    problems.append(f"{name}: expected {' or '.join(map(repr, offered))}, got {stranger}.")
                    continue
            plan[name] = plain
        return plan, problems[0] if problems else ""

    def _kept(self, plan: dict[str, Any]) -> int:
        """Return how many constraints count as kept although the plan has not the right form: never all of them."""
        if not self.partial:
            return 0
        kept = 0
        for keeps in self.constraints:
            with suppress(KeyError):  # it asks for an entry that is missing or has another form
                kept += keeps(copy.deepcopy(plan)) is None
        return min(kept, len(self.constraints) - 1)

    def _judge(self, plan: dict[str, Any]) -> Verdict:
        found = [keeps(copy.deepcopy(plan)) for keeps in self.constraints]
        broken = [sentence for sentence in found if sentence is not None]
        if not broken:
            return Verdict(True, self.praise)
        verb = "is" if len(broken) == 1 else "are"
        of = len(self.constraints)
        message = f"{broken[0]} ({len(broken)} of {of} constraints {verb} broken.)"
        return Verdict(False, message, of - len(broken) if self.partial else 0, of)


def _in_the_briefs_spelling(value: Any, offered: tuple[str, ...]) -> tuple[Any, str]:
    """Return a text, or a list of them, as the brief spells it, and the first one that it does not offer."""
    known = {word(option): option for option in offered}
    items = value if isinstance(value, list) else [value]
    strangers = [in_short(item) for item in items if not isinstance(item, str) or word(item) not in known]
    if strangers:
        return value, strangers[0]
    found = [known[word(item)] for item in items]
    return (found if isinstance(value, list) else found[0]), ""


def _plain(value: Any, kind: type) -> Any:
    """Return the value as Python's own type of that kind, or None when it is of another kind."""
    if is_tensor(value) or isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if kind in (int, float):
        number = numbers(value)
        if number is None or number.ndim or not np.isfinite(number) or (kind is int and number % 1):
            return None
        return kind(value)
    if kind is str:
        return value.strip() if isinstance(value, str) else None
    if kind is list and isinstance(value, tuple | set | frozenset):
        return list(value)
    return copy.deepcopy(value) if isinstance(value, kind) else None

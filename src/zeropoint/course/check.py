"""``check``, ``hint`` and ``solution``: what a learner calls in an exercise notebook."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nbformat

from zeropoint.course import progress
from zeropoint.course.checks import specification
from zeropoint.course.manifest import load_manifest
from zeropoint.paths import course_root

_hints_shown: Counter[str] = Counter()


@dataclass(frozen=True)
class CheckResult:
    """The verdict on one answer.

    Attributes
    ----------
    exercise : str – e.g. "02.1"
    passed : bool
    points, max_points : int
    message : str – what is right, or what is wrong, where, and why it matters
    hint : str – how to get help; empty when passed
    """

    exercise: str
    passed: bool
    points: int
    max_points: int
    message: str
    hint: str = ""

    def __repr__(self) -> str:
        mark = "✓ Right" if self.passed else "✗ Not yet"
        tail = f"\n  {self.hint}" if self.hint else ""
        return f"{mark} – exercise {self.exercise}, {self.points} of {self.max_points} points\n  {self.message}{tail}"

    def _repr_html_(self) -> str:
        mark, colour = ("✓ Right", "#009e73") if self.passed else ("✗ Not yet", "#d55e00")
        hint = f"<div style='opacity:.75'>{html.escape(self.hint)}</div>" if self.hint else ""
        return (
            f"<div style='border-left:4px solid {colour};padding:.4em .8em' role='status'>"
            f"<strong>{mark}</strong> – exercise {self.exercise}, {self.points} of {self.max_points} points"
            f"<div>{html.escape(self.message)}</div>{hint}</div>"
        )


def check(exercise: str, answer: Any) -> CheckResult:
    """Grade an answer and, for a learner with a name, keep the result.

    Parameters
    ----------
    exercise : str – e.g. "02.3"
    answer : your function (without parentheses) or your dictionary

    Raises
    ------
    ValueError
        For an exercise that does not exist. Whatever is wrong with the answer is a verdict, never an exception.
    """
    _, entry = load_manifest().exercise(exercise)
    verdict = specification(exercise).grade(answer)
    points = entry.points if verdict.passed else 0
    help_line = "" if verdict.passed else f'Stuck? hint("{exercise}") helps, one step more each time.'
    progress.record("exercise", exercise, passed=verdict.passed, points=points, max_points=entry.points)
    return CheckResult(exercise, verdict.passed, points, entry.points, verdict.message, help_line)


def hint(exercise: str) -> None:
    """Print the next hint, of increasing help; after the last one, say where the solution is."""
    load_manifest().exercise(exercise)
    hints = specification(exercise).hints
    shown = _hints_shown[exercise]
    _hints_shown[exercise] += 1
    if shown < len(hints):
        print(f"Hint {shown + 1} of {len(hints)}: {hints[shown]}")
    else:
        print(f'That was the last hint. solution("{exercise}") shows one way to write it.')


def solution(exercise: str) -> None:
    """Print the solution; the progress record of a learner with a name says that it was opened."""
    lesson, entry = load_manifest().exercise(exercise)
    progress.record("solution_shown", exercise, passed=False, points=0, max_points=entry.points)
    print(_solutions(lesson.stem)[exercise])


@lru_cache
def _solutions(stem: str) -> dict[str, str]:
    """Return the solution cells of a lesson by exercise, without the markers."""
    notebook = nbformat.read(course_root() / "solutions" / f"{stem}.ipynb", as_version=4)
    cells = {}
    for cell in notebook.cells:
        exercise = cell.metadata.get("zeropoint", {}).get("exercise")
        if exercise:
            lines = [line for line in cell.source.splitlines() if not line.strip().startswith("### ")]
            cells[exercise] = "\n".join(lines)
    return cells

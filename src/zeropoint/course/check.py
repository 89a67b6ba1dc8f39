"""``check``, ``hint`` and ``solution``: what a learner calls in an exercise notebook."""

from __future__ import annotations

import html
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from zeropoint.course.find import find_exercise, is_exercise
from zeropoint.course.learner import record
from zeropoint.course.refusal import Refusal
from zeropoint.course.specification import specification
from zeropoint.course.verdict import Verdict
from zeropoint.paths import course_root

RESULTS = "ZEROPOINT_RESULTS"  # a file to which check adds each result: set by `zeropoint check`
NBGRADER = "NBGRADER_EXECUTION"  # set by nbgrader while it runs a notebook

_hints_shown: Counter[str] = Counter()


@dataclass(frozen=True)
class CheckResult:
    """The verdict on one answer.

    Attributes
    ----------
    exercise : str – e.g. "02.1"
    passed : bool
    points, max_points : int – points may lie between 0 and the maximum where parts of an answer are independent
    message : str – what is right, or what is wrong, where, and why it matters
    hint : str – how to get help; empty when passed

    Examples
    --------
    >>> CheckResult("02.2", False, 1, 4, "The scale is right.")
    ◐ Partly right – exercise 02.2, 1 of 4 points
      The scale is right.
    """

    exercise: str
    passed: bool
    points: int
    max_points: int
    message: str
    hint: str = ""

    @property
    def mark(self) -> str:
        """The verdict as a sign and in words."""
        if self.passed:
            return "✓ Right"
        return "◐ Partly right" if self.points else "✗ Not yet"

    def __repr__(self) -> str:
        if os.environ.get(NBGRADER):  # it takes any text for full points, and a number for the points
            return f"{self.points:g}"
        tail = f"\n  {self.hint}" if self.hint else ""
        return f"{self.mark} – exercise {self.exercise}, {self._score}\n  {self.message}{tail}"

    def _repr_html_(self) -> str:
        hint = f"<div style='opacity:.75'>{html.escape(self.hint)}</div>" if self.hint else ""
        return (
            f"<div style='border-left:4px solid {self._colour};padding:.4em .8em' role='status'>"
            f"<strong>{self.mark}</strong> – exercise {self.exercise}, {self._score}"
            f"<div>{html.escape(self.message)}</div>{hint}</div>"
        )

    @property
    def _colour(self) -> str:
        if self.passed:
            return "#009e73"
        return "#e69f00" if self.points else "#d55e00"

    @property
    def _score(self) -> str:
        return f"{self.points} of {self.max_points} points"


@dataclass(frozen=True)
class Note:
    """A text that a notebook shows in a richer form than a terminal."""

    text: str
    markup: str = ""
    markdown: str = ""

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str | None:
        return self.markup or None

    def _repr_markdown_(self) -> str | None:
        return self.markdown or None


def check(exercise: str, answer: Any) -> CheckResult:
    """Grade an answer and, for a learner with a name, keep the result.

    Parameters
    ----------
    exercise : str – e.g. "02.3"
    answer : your function (without parentheses), your dictionary, or your array

    Raises
    ------
    Refusal
        For an exercise that does not exist: one sentence, in a notebook without a traceback. Whatever is wrong with the
        answer is a verdict, never an exception.
    """
    if is_exercise(answer) and not isinstance(exercise, str):
        name = str(getattr(exercise, "__name__", ""))
        name = name if name.isidentifier() else "your_answer"
        raise Refusal(f'The exercise comes first, then the answer: check("{answer}", {name}).')
    _, entry = find_exercise(exercise)
    exercise = entry.id
    verdict = _grade(exercise, answer)
    help_line = "" if verdict.passed else f'Stuck? hint("{exercise}") helps, one step more each time.'
    points = verdict.points(entry.points)
    result = CheckResult(exercise, verdict.passed, points, entry.points, verdict.message, help_line)
    if os.environ.get(RESULTS):
        with open(os.environ[RESULTS], "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")
    elif not os.environ.get(NBGRADER):  # there the user is the instructor, not the learner
        record("exercise", exercise, passed=verdict.passed, points=points, max_points=entry.points)
    return result


def hint(exercise: str) -> None:
    """Show the next hint, of increasing help; after the last one, say where the solution is."""
    _, entry = find_exercise(exercise)
    exercise = entry.id
    hints = specification(exercise).hints
    shown = _hints_shown[exercise]
    _hints_shown[exercise] += 1
    if shown < len(hints):
        head = f"Hint {shown + 1} of {len(hints)}:"
        text = hints[shown]
    else:
        head = "That was the last hint."
        text = f'solution("{exercise}") shows one way to write it.'
    box = "<div style='border-left:4px solid #0072b2;padding:.4em .8em' role='note'>"
    _show(Note(f"{head} {text}", markup=f"{box}<strong>{head}</strong> {html.escape(text)}</div>"))


def solution(exercise: str) -> None:
    """Show the solution; the progress record of a learner with a name says that it was opened."""
    lesson, entry = find_exercise(exercise)
    exercise = entry.id
    code = _solutions(lesson.stem).get(exercise)
    if code is None:
        where = f"solutions/{lesson.stem}.ipynb"
        raise Refusal(f"The solution of {exercise} is not here ({where} is missing): ask whoever gave you the course.")
    record("solution_shown", exercise, passed=False, points=0, max_points=entry.points)
    _show(Note(code, markdown=f"```python\n{code}\n```"))


def _grade(exercise: str, answer: Any) -> Verdict:
    """Return the verdict; should a check itself fail on a strange answer, that is said in a sentence too."""
    try:
        return specification(exercise).grade(answer)
    except Exception as error:
        kind = type(error).__name__
        return Verdict(False, f"This answer cannot be checked ({kind}): look at the brief again for what to hand in.")


def _show(note: Note) -> None:
    from IPython.display import display  # prints where there is no notebook

    display(note)


@lru_cache
def _solutions(stem: str) -> dict[str, str]:
    """Return the solution cells of a lesson by exercise, without the markers."""
    from zeropoint.course.notebook import read_notebook  # nbformat: two seconds too many before the first check

    path = course_root() / "solutions" / f"{stem}.ipynb"
    if not path.is_file():  # a class may get the course without them
        return {}
    cells = {}
    for cell in read_notebook(path).cells:
        exercise = cell.metadata.get("zeropoint", {}).get("exercise")
        if exercise:
            lines = [line for line in cell.source.splitlines() if not line.strip().startswith("### ")]
            cells[exercise] = "\n".join(lines)
    return cells

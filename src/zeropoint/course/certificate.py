"""The completion record: a page to print, once every exercise and the quiz are passed.

It is written from the learner's own record on the learner's own machine, and says so.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from string import Template

from zeropoint.course import learner
from zeropoint.course.progress_report import ProgressReport
from zeropoint.course.store import StoreError
from zeropoint.course.transfer import write_whole

_PAGE = Path(__file__).with_name("certificate.html")


class NotComplete(ValueError):
    """Something that the completion record needs is still to do; the text lists it."""


def write_certificate(path: str | os.PathLike[str] = "certificate.html", name: str | None = None) -> Path:
    """Write the completion record as one HTML file and return its path.

    Parameters
    ----------
    path : path
        A file there is replaced.
    name : str, optional
        Whose; by default the learner who is logged in, else the only one on record.

    Raises
    ------
    NotComplete
        As long as an exercise or the quiz is not passed; the sentence lists them.
    ValueError
        When it is not clear whose record is meant, or the file cannot be written.
    StoreError
        When the progress file cannot be read.
    """
    progress = learner.progress(learner.one_learner(name))
    if progress.problem:
        raise StoreError(progress.problem)
    page = certificate(progress)
    path = Path(path)
    write_whole(path, page)
    return path


def certificate(progress: ProgressReport) -> str:
    """Return the completion record as HTML.

    Raises
    ------
    NotComplete
        As long as an exercise or the quiz is not passed; the sentence lists them.
    ValueError
        Without the course folder, which says what a complete record needs.
    """
    if progress.course is None:
        raise ValueError("The course folder was not found; run this inside your clone of the course.")
    if progress.to_do:
        rest = "; ".join(what for what, _ in progress.to_do)
        raise NotComplete(f"The record of {progress.learner} is not complete yet; still to pass: {rest}.")
    best = progress.quiz_best
    assert best is not None  # to_do is empty
    tries = len(progress.quiz_history)
    values = {
        "course": progress.course.title,
        "learner": progress.learner,
        "first": progress.history[0].at[:10],
        "last": progress.history[-1].at[:10],
        "quiz": f"{best.points:g} of {best.max_points:g} on {best.at[:10]}",
        "tries": "1 try" if tries == 1 else f"{tries} tries",
        "opened": _solved(progress),
        "issued": datetime.now(UTC).date().isoformat(),
        "version": version("zeropoint"),
    }
    page = Template(_PAGE.read_text(encoding="utf-8"))
    rows = "".join(map(_row, _done(progress)))
    return page.substitute({key: html.escape(str(value)) for key, value in values.items()}, rows=rows)


def _solved(progress: ProgressReport) -> str:
    """Say how many exercises were solved before their solution was opened, and name the others."""
    opened = _opened_before(progress)
    count = sum(lesson.exercises for lesson in progress.lessons)
    solved = f"{count - len(opened)} of {count} exercises were solved without opening the solution first"
    return f"{solved}; opened first: {', '.join(opened)}." if opened else f"{solved}."


def _done(progress: ProgressReport) -> Iterable[tuple[str, ...]]:
    """Return one row per exercise: number, title, points, tries, date of the first pass."""
    for lesson in progress.course.lessons if progress.course else ():
        for entry in lesson.exercises:
            item = progress.exercise(entry.id)
            if item:
                passed = _first(progress, "exercise", entry.id)
                best = f"{item.points:g} of {entry.points:g}"
                yield entry.id, entry.title, best, str(item.attempts), progress.history[passed].at[:10]


def _opened_before(progress: ProgressReport) -> list[str]:
    """Return the exercises whose solution was opened before they were first passed."""
    names = [number for number, *_ in _done(progress) if number in progress.solutions_shown]
    return [name for name in names if _first(progress, "solution_shown", name) < _first(progress, "exercise", name)]


def _first(progress: ProgressReport, kind: str, name: str) -> int:
    """Return where in the history an exercise was first passed, or its solution first opened."""
    passed = kind == "exercise"
    return next(
        place
        for place, row in enumerate(progress.history)
        if row.kind == kind and row.item == name and row.passed == passed
    )


def _row(cells: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>\n"

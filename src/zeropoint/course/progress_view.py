"""A learner's progress as text, and as HTML with bars: the same rows in the same words.

The bars are plain boxes beside the numbers that they show, so that nothing is lost where a front end drops them;
a screen reader hears the numbers only.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import NamedTuple

from zeropoint.course.progress_report import Item, ProgressReport

BAR_CELLS = 12
BLUE = "#0072b2"  # of the palette of Okabe and Ito; the border shows the whole, in any theme

_TRIED = ("what", "result", "best", "tries", "note")
_OVERVIEW = ("lesson", "title", "reached", "result", "points")


class Progress(ProgressReport):
    """What a learner has done: as data, as text in a terminal, and as a table in a notebook."""

    def __repr__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)


class Row(NamedTuple):
    """One line of the overview: a lesson, or the quiz.

    ``share`` is how much of the points was reached, 0 to 1; None where there is nothing to reach.
    """

    name: str
    title: str
    share: float | None
    result: str
    points: str


def overview(progress: ProgressReport) -> list[Row]:
    """Return a row a lesson of the course, and one for its quiz."""
    rows = [
        Row(
            lesson.stem[:2],
            lesson.title,
            lesson.points / lesson.max_points if lesson.max_points else None,
            f"{lesson.passed} of {lesson.exercises} exercises passed" if lesson.exercises else "no exercise",
            f"{lesson.points:g} of {lesson.max_points:g}" if lesson.exercises else "",
        )
        for lesson in progress.lessons
    ]
    return [*rows, _quiz(progress)] if progress.course else []


def as_text(progress: ProgressReport) -> str:
    """Return the overview, what was tried, and what is next, for a terminal."""
    lines = []
    if progress.history:
        rows = overview(progress)
        width = max((len(row.title) for row in rows), default=0)
        lines = [f"Progress of {progress.learner}"]
        for row in rows:
            bar = _text_bar(row.share)
            lines.append(f"  {row.name:<4} {row.title:<{width}} {bar:<{BAR_CELLS + 2}} {row.points:<8} {row.result}")
        for what, result, best, tries, note in map(_cells, progress.items):
            lines.append(f"  {what:<24} {result:<8} best {best:<10} tries {tries:<4} {note}")
    return "\n".join(line.rstrip() for line in [*lines, *progress.notes(), *_next(progress)])


def as_html(progress: ProgressReport) -> str:
    """Return the same with bars, for a notebook."""
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in progress.notes())
    tables = ""
    if progress.history:
        caption = f"Progress of {progress.learner}"
        if progress.course:
            rows = [(*_escaped(row[:2]), _html_bar(row.share), *_escaped(row[3:])) for row in overview(progress)]
            tables += _table(caption, _OVERVIEW, rows)
            caption = "What was tried"
        tables += _table(caption, _TRIED, [_escaped(_cells(item)) for item in progress.items])
    what, where = progress.next_step
    link = f'<p><b>Next:</b> <a href="../{html.escape(where)}">{html.escape(what)}</a></p>' if what else ""
    done = "" if what else "".join(f"<p>{line}</p>" for line in _next(progress))
    return f"{tables}{notes}{link}{done}"


def _quiz(progress: ProgressReport) -> Row:
    stem = progress.course.quiz_stem if progress.course else ""
    title = stem.replace("_", " ").capitalize()
    tries = [row for row in progress.quiz_history if row.item == stem]
    if not tries:
        return Row("quiz", title, 0.0, "not tried yet", "")
    best = max(tries, key=lambda row: row.points)
    result = "passed" if any(row.passed for row in tries) else "not passed yet"
    return Row("quiz", title, best.points / best.max_points, result, f"{best.points:g} of {best.max_points:g}")


def _cells(item: Item) -> tuple[str, str, str, str, str]:
    opened = "solution opened" if item.solution_shown else ""
    verdict = "passed" if item.passed else "not yet"
    best = f"{item.points:g} of {item.max_points:g}"
    return f"{item.kind} {item.name}", verdict, best, str(item.attempts), opened


def _next(progress: ProgressReport) -> list[str]:
    if progress.learner is None or progress.problem or progress.course is None:
        return []
    what, where = progress.next_step
    if not what:
        return ["All done: 'zeropoint certificate' writes the completion record."]
    return [f"Next: {what}, in {where}"]


def _text_bar(share: float | None) -> str:
    if share is None:
        return ""
    full = int(share * BAR_CELLS)  # down, so that a full bar means that nothing is missing
    return f"[{'#' * full}{'·' * (BAR_CELLS - full)}]"


def _html_bar(share: float | None) -> str:
    if share is None:
        return ""
    inner = f'<div style="width:{100 * share:.0f}%;height:100%;background-color:{BLUE}"></div>'
    return f'<div aria-hidden="true" style="width:7em;height:1em;border:1px solid {BLUE}">{inner}</div>'


def _escaped(cells: Iterable[object]) -> tuple[str, ...]:
    return tuple(html.escape(str(cell)) for cell in cells)


def _table(caption: str, names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of cells that are HTML already."""
    head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in names)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<table><caption style="text-align:left"><b>{html.escape(caption)}</b></caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )

"""``zeropoint check NOTEBOOK``: run a notebook without a front end and collect the verdict on each exercise.

Whatever the notebook prints counts for nothing: after each cell that checks an exercise, one more cell, made here from
the course's own exercise notebook, checks the same answer, and only what *that* cell adds to a file outside of the
notebook is a result. The notebook still runs with the rights of whoever runs the command and could tamper with that
file on purpose: this is for one's own work and for classes that are trusted, not a sandbox.
"""

from __future__ import annotations

import ast
import json
import logging
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat

from zeropoint.course.build import CHECK_CALL
from zeropoint.course.check import NBGRADER, RESULTS, CheckResult
from zeropoint.course.manifest import Lesson, load_manifest
from zeropoint.course.notebook import read_notebook
from zeropoint.paths import course_root

CELL_SECONDS = 120
NOTEBOOK_CELLS = 5  # the whole notebook may take as long as this many of the slowest cells
_FILE = "results.jsonl"


class HeadlessError(Exception):
    """A notebook cannot be checked; the message says why and what to do."""


class _OutOfTime(Exception):
    """The whole notebook took too long."""


def check_notebook(path: Path, *, seconds: float = CELL_SECONDS) -> list[CheckResult]:
    """Execute a notebook in a kernel of its own and return one result per exercise, in the manifest's order.

    A cell that fails or takes too long does not keep the others from running. Nothing is stored in anybody's
    progress, and the file is left as it is.

    Parameters
    ----------
    path : Path – an exercise or solution notebook, under any file name
    seconds : float – time limit of a cell; the whole notebook may take five times as long

    Raises
    ------
    HeadlessError
        When the file is missing, is no notebook, or holds no exercise of the course.
    """
    notebook = _read(path)
    lesson = _lesson(path, notebook)
    official = _add_checks(notebook, lesson)
    with tempfile.TemporaryDirectory() as folder:
        collector = _Collector(Path(folder), official, seconds)
        for entry in lesson.exercises:
            if entry.id not in official.values():
                collector.reasons[entry.id] = (
                    f"exercises/{lesson.stem}.ipynb does not ask it yet: run 'zeropoint build'."
                )
        _execute(notebook, path, Path(folder), collector, seconds)
    return [collector.result(entry.id, entry.points) for entry in lesson.exercises]


def table(results: list[CheckResult]) -> str:
    """Return results as lines of text, with the sum at the end.

    Examples
    --------
    >>> print(table([CheckResult("02.1", True, 4, 4, "Right."), CheckResult("02.2", False, 0, 2, "No.")]))
    02.1  4 of 4  ✓ Right        Right.
    02.2  0 of 2  ✗ Not yet      No.
    4 of 6 points
    """
    scores = [f"{result.points} of {result.max_points}" for result in results]
    width = max(map(len, scores), default=0)
    rows = [
        f"{result.exercise}  {score:>{width}}  {result.mark:<13}  {result.message}"
        for result, score in zip(results, scores, strict=True)
    ]
    points = sum(result.points for result in results)
    most = sum(result.max_points for result in results)
    return "\n".join([*rows, f"{points} of {most} points"])


def _read(path: Path) -> nbformat.NotebookNode:
    if not path.is_file():
        raise HeadlessError(f"There is no notebook {path}: check its name and folder.")
    try:
        notebook = read_notebook(path)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat, json and the system each have their own
        raise HeadlessError(
            f"{path} cannot be read as a notebook ({type(error).__name__}): open it in JupyterLab and save it again."
        ) from None
    return notebook


def _lesson(path: Path, notebook: nbformat.NotebookNode) -> Lesson:
    """Return the lesson whose exercises a notebook asks, whatever the file is called."""
    ids = [cell.metadata.get("zeropoint", {}).get("exercise") for cell in notebook.cells]
    ids += [id_ for cell in notebook.cells for id_ in CHECK_CALL.findall(cell.source)]
    for lesson in load_manifest().lessons:
        if any(entry.id in ids for entry in lesson.exercises):
            return lesson
    raise HeadlessError(f"{path} holds no exercise of this course: expected a notebook from exercises/.")


def _add_checks(notebook: nbformat.NotebookNode, lesson: Lesson) -> dict[str, str]:
    """Put the course's own check of each exercise after the cell that checks it, or at the end; cell id → exercise."""
    release = read_notebook(course_root() / "exercises" / f"{lesson.stem}.ipynb")
    calls = {id_: cell.source for cell in release.cells for id_ in CHECK_CALL.findall(cell.source)}
    official = {}
    for exercise, source in calls.items():
        cell = nbformat.v4.new_code_cell(_own_call(source))
        official[cell.id] = exercise
        asked = [i for i, other in enumerate(notebook.cells) if exercise in CHECK_CALL.findall(other.source)]
        place = asked[-1] + 1 if asked else len(notebook.cells)
        if asked and notebook.cells[place - 1].source.strip() == source.strip():
            notebook.cells[place - 1] = cell  # unchanged: once is enough
        else:
            notebook.cells.insert(place, cell)
    return official


def _own_call(source: str) -> str:
    """Return ``check(…)`` with the answer's name from the course, whatever the learner calls check by now."""
    call = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    call.func = ast.parse("__import__('zeropoint.course.check', fromlist=['check']).check", mode="eval").body
    return ast.unparse(call)


class _Collector:
    """Listens to a run: what each official cell found, and why the others found nothing."""

    def __init__(self, folder: Path, official: dict[str, str], seconds: float) -> None:
        self.found: dict[str, CheckResult] = {}
        self.reasons: dict[str, str] = {}
        self.rest = "The notebook was not run as far as this exercise."
        self._official = official
        self._seconds = seconds
        self._limit = time.monotonic() + NOTEBOOK_CELLS * seconds
        self._file = folder / _FILE

    def start(self, cell: Any, **_: Any) -> None:
        """Forget what other cells checked: that is no result."""
        if time.monotonic() > self._limit:
            raise _OutOfTime
        self._file.write_text("", encoding="utf-8")

    def done(self, cell: Any, **_: Any) -> None:
        """Take the one result of an official cell, or the reason why there is none."""
        exercise = self._official.get(cell.id)
        if exercise is None:
            return
        lines = self._file.read_text(encoding="utf-8").splitlines()
        result = CheckResult(**json.loads(lines[0])) if len(lines) == 1 else None
        if result is not None and result.exercise == exercise:
            self.found[exercise] = result
        else:
            self.reasons[exercise] = f"The answer could not be checked: {_error(cell, self._seconds)}."

    def result(self, exercise: str, max_points: int) -> CheckResult:
        """Return the result of an exercise, with no points when none was found."""
        message = self.reasons.get(exercise, self.rest)
        return self.found.get(exercise) or CheckResult(exercise, False, 0, max_points, message)


def _execute(notebook: nbformat.NotebookNode, path: Path, folder: Path, collector: _Collector, seconds: float) -> None:
    """Run all cells of a notebook in a kernel of its own, in the notebook's folder."""
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.resolve().parent)}},
        on_cell_start=collector.start,
        on_cell_executed=collector.done,
        timeout=seconds,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "TimeoutError", "evalue": "", "traceback": []},
        allow_errors=True,
        store_widget_state=False,
    )
    client.log.setLevel(logging.CRITICAL)
    try:
        client.execute(env=_environment(folder), stderr=subprocess.DEVNULL)  # the kernel's own log
    except DeadKernelError:
        collector.rest = "The kernel died before this exercise was checked: does a cell end it or fill the memory?"
    except _OutOfTime:
        collector.rest = f"Not checked: the whole notebook took longer than {NOTEBOOK_CELLS * seconds:g} s."


def _environment(folder: Path) -> dict[str, str]:
    """Return the kernel's environment: results go to a file, and progress to one that is thrown away."""
    kept = {name: value for name, value in os.environ.items() if name not in ("JUPYTERHUB_USER", NBGRADER)}
    own = {RESULTS: str(folder / _FILE), "ZEROPOINT_PROGRESS": str(folder / "progress.sqlite")}
    return kept | own | {"ZEROPOINT_HOME": str(course_root())}


def _error(cell: Any, seconds: float) -> str:
    """Return what stopped a cell, in a few words."""
    for output in cell.outputs:
        if output.output_type == "error" and output.ename == "NameError":
            return f"{output.evalue}, so its cell is missing or failed"
        if output.output_type == "error" and output.ename != "KeyboardInterrupt":
            return f"{output.ename}: {output.evalue}"[:200]
    return f"a cell took longer than {seconds:g} s"

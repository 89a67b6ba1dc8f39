"""``zeropoint build``: ``solutions/`` → ``exercises/``, ``course.toml`` → the tables of lessons, so that none drifts.

In a solution cell the lines from ``### BEGIN SOLUTION`` to ``### END SOLUTION`` become the gap. What stands in the
gap is what follows ``### STUB`` on lines inside it; without any, ``raise NotImplementedError``.

The cells get nbgrader's metadata (schema 3): an answer cell is a solution, the cell that checks it is a locked test
with the points of ``course.toml``. Source: nbgrader's documentation, "Cell metadata".
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import nbformat

from zeropoint.course.manifest import Lesson, Manifest, read_manifest
from zeropoint.course.notebook import read_notebook
from zeropoint.course.tables import START, files_with_tables
from zeropoint.paths import course_root

BEGIN, END, STUB = "### BEGIN SOLUTION", "### END SOLUTION", "### STUB "
CHECK_CALL = re.compile(r'^check\("([\d.]+)"', re.MULTILINE)
_GAP = re.compile(rf"^([ \t]*){BEGIN}\n(.*?)^[ \t]*{END}$", re.MULTILINE | re.DOTALL)


class BuildError(Exception):
    """A solution notebook cannot be turned into an exercise; the message says which cell and why."""


def strip_source(source: str) -> str:
    """Return the source of a solution cell with every solution replaced by its gap.

    Examples
    --------
    >>> print(strip_source("def f(x):\\n    ### BEGIN SOLUTION\\n    return x\\n    ### END SOLUTION"))
    def f(x):
        # YOUR CODE HERE
        raise NotImplementedError
    """
    stripped = _GAP.sub(_gap, source)
    if BEGIN in stripped or END in stripped:
        raise BuildError(f"A solution marker has no partner: every {BEGIN} needs an {END} below it.")
    return stripped


def build_notebook(solution: nbformat.NotebookNode, lesson: Lesson) -> nbformat.NotebookNode:
    """Return the exercise of a solution notebook: gaps, no outputs, no counts, the same cell ids, nbgrader's metadata.

    Raises
    ------
    BuildError
        When markers are unpaired, nothing is left to do, or cells and the manifest's exercises disagree.
    """
    exercise = copy.deepcopy(solution)
    for cell in exercise.cells:
        if cell.cell_type == "code":
            cell.source = strip_source(cell.source)
            cell.outputs = []
            cell.execution_count = None
            cell.metadata.pop("execution", None)
    if all(a.source == b.source for a, b in zip(solution.cells, exercise.cells, strict=True)):
        raise BuildError(f"there is no {BEGIN} in it, so there is nothing for the learner to do.")
    _add_nbgrader(exercise, lesson)
    return exercise


def build(root: Path | None = None, *, check: bool = False) -> list[Path]:
    """Write ``exercises/`` and the tables of lessons, and return the files that were not up to date.

    Parameters
    ----------
    root : Path – the course folder
    check : bool – write nothing, only say what would change

    Raises
    ------
    BuildError
        When a solution notebook has unpaired markers or no gap at all, does not fit ``course.toml``, or a table of
        lessons has no place.
    """
    root = root or course_root()
    wanted = _wanted(root)
    orphans = [path for path in sorted(root.glob("exercises/*.ipynb")) if path not in wanted]
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if not check:
        for path in orphans:
            path.unlink()
        for path in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return stale + orphans


def _wanted(root: Path) -> dict[Path, str]:
    """Return every generated file with its content."""
    manifest = read_manifest(root)
    sources = sorted(root.glob("solutions/*.ipynb"))
    exercises = {root / "exercises" / path.name: _build_text(path, manifest) for path in sources}
    try:
        return exercises | files_with_tables(root, manifest)
    except ValueError as error:
        raise BuildError(f"README.md or {START}.ipynb: {error}") from None


def _build_text(path: Path, manifest: Manifest) -> str:
    lesson = next((lesson for lesson in manifest.lessons if lesson.stem == path.stem), None)
    if lesson is None:
        raise BuildError(f"{path.name} is no lesson of course.toml: add it there, or move the file away.")
    try:
        exercise = build_notebook(read_notebook(path), lesson)
    except BuildError as error:
        raise BuildError(f"{path.name}: {error}") from None
    return nbformat.writes(exercise) + "\n"


def _gap(match: re.Match[str]) -> str:
    indent, body = match.groups()
    stubs = [line.strip().removeprefix(STUB) for line in body.splitlines() if line.strip().startswith(STUB)]
    lines = ["# YOUR CODE HERE", *(stubs or ["raise NotImplementedError"])]
    return "\n".join(indent + line for line in lines)


def _add_nbgrader(notebook: nbformat.NotebookNode, lesson: Lesson) -> None:
    """Mark answer cells and check cells for nbgrader; each exercise must have exactly one of both, in order."""
    points = {entry.id: entry.points for entry in lesson.exercises}
    answers: list[str] = []
    checks: list[str] = []
    for cell in notebook.cells:
        answer = cell.metadata.get("zeropoint", {}).get("exercise")
        called = CHECK_CALL.findall(cell.source) if cell.cell_type == "code" else []
        if answer:
            answers.append(answer)
            cell.metadata["nbgrader"] = _nbgrader("answer", answer, solution=True)
        elif called:
            checks += called
            cell.metadata["nbgrader"] = _nbgrader("check", called[0], grade=True, locked=True)
            cell.metadata["nbgrader"]["points"] = points.get(called[0], 0)
    if not answers == checks == list(points):
        raise BuildError(
            f"answer cells are {', '.join(answers) or 'none'}, check cells {', '.join(checks) or 'none'}, "
            f"but course.toml lists {', '.join(points) or 'none'}: each exercise needs one of both, in that order."
        )


def _nbgrader(role: str, exercise: str, *, grade: bool = False, locked: bool = False, solution: bool = False) -> Any:
    return {
        "grade": grade,
        "grade_id": f"{role}-{exercise.replace('.', '-')}",
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }

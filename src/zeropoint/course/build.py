"""``zeropoint build``: ``solutions/`` → ``exercises/``, so that the two can never drift apart.

In a solution cell the lines from ``### BEGIN SOLUTION`` to ``### END SOLUTION`` become the gap. What stands in the
gap is what follows ``### STUB`` on lines inside it; without any, ``raise NotImplementedError``.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path

import nbformat

from zeropoint.paths import course_root

BEGIN, END, STUB = "### BEGIN SOLUTION", "### END SOLUTION", "### STUB "
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


def build_notebook(solution: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return the exercise of a solution notebook: gaps, no outputs, no counts, the same cell ids."""
    exercise = copy.deepcopy(solution)
    for cell in exercise.cells:
        if cell.cell_type == "code":
            cell.source = strip_source(cell.source)
            cell.outputs, cell.execution_count = [], None
            cell.metadata.pop("execution", None)
    return exercise


def build(root: Path | None = None, *, check: bool = False) -> list[Path]:
    """Write ``exercises/`` from ``solutions/`` and return the files that were not up to date.

    Parameters
    ----------
    root : Path – the course folder
    check : bool – write nothing, only say what would change

    Raises
    ------
    BuildError
        When a solution notebook has unpaired markers or no gap at all.
    """
    root = root or course_root()
    wanted = {root / "exercises" / path.name: _build_text(path) for path in sorted(root.glob("solutions/*.ipynb"))}
    orphans = [path for path in sorted(root.glob("exercises/*.ipynb")) if path not in wanted]
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    if not check:
        for path in orphans:
            path.unlink()
        for path in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return stale + orphans


def _build_text(path: Path) -> str:
    solution = nbformat.read(path, as_version=4)
    try:
        exercise = build_notebook(solution)
    except BuildError as error:
        raise BuildError(f"{path.name}: {error}") from None
    if all(a.source == b.source for a, b in zip(solution.cells, exercise.cells, strict=True)):
        raise BuildError(f"{path.name} has no {BEGIN}: there is nothing for the learner to do.")
    return nbformat.writes(exercise) + "\n"


def _gap(match: re.Match[str]) -> str:
    indent, body = match.groups()
    stubs = [line.strip().removeprefix(STUB) for line in body.splitlines() if line.strip().startswith(STUB)]
    lines = ["# YOUR CODE HERE", *(stubs or ["raise NotImplementedError"])]
    return "\n".join(indent + line for line in lines)

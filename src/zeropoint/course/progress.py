"""What a learner has done: kept for a learner with a name, and nothing at all for one without.

The learner is whoever called :func:`login` in this kernel, else the JupyterHub user, else nobody.
Attempts are kept in one SQLite file (see :mod:`zeropoint.course.store`); :func:`summary` shows them,
:func:`export` writes them to a CSV file and :func:`forget` deletes them.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from zeropoint.course import store
from zeropoint.course.progress_report import NOBODY, Progress
from zeropoint.course.store import Attempt, StoreError

KINDS = ("exercise", "quiz", "solution_shown", "lesson")
MAX_NAME = 64

# What this kernel was told: None – nothing yet; "" – logged out, which also holds on a JupyterHub.
_told: str | None = None


def login(name: str) -> None:
    """Keep a record under this name from now on, and greet with what it already holds.

    Parameters
    ----------
    name : str
        1 to 64 printable characters; spaces around it are dropped.

    Raises
    ------
    ValueError
        When the name is empty, too long or has characters that cannot be printed.
    """
    global _told
    _told = _checked_name(name)
    print(summary().greeting())


def logout() -> None:
    """Store nothing more in this kernel, not even under a JupyterHub name."""
    global _told
    _told = ""
    print("Logged out: from now on nothing is stored.")


def current_learner() -> str | None:
    """Return the name results are stored under, or None when nothing is stored."""
    if _told is not None:
        return _told or None
    try:
        return _checked_name(os.environ.get("JUPYTERHUB_USER", ""))
    except ValueError:
        return None


class Saved(NamedTuple):
    """Whether a result was stored, and the sentence to show beside it."""

    ok: bool
    message: str


def save(kind: str, item: str, *, passed: bool, points: float, max_points: float, detail: Any = None) -> Saved:
    """Store one attempt and say in a sentence whether that worked (see :func:`record`)."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}.")
    learner = current_learner()
    if learner is None:
        return Saved(False, NOBODY)
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        text = None if detail is None else json.dumps(detail, ensure_ascii=False, default=str)
        row = Attempt(learner, now, kind, str(item), bool(passed), float(points), float(max_points), text)
        store.append(row)
    except (StoreError, TypeError, ValueError) as error:
        return Saved(False, f"This result was not saved: {error}.")
    return Saved(True, f"Saved for {learner}.")


def record(kind: str, item: str, *, passed: bool, points: float, max_points: float, detail: Any = None) -> bool:
    """Store one attempt; when that fails, say so in one sentence and carry on.

    Parameters
    ----------
    kind : {"exercise", "quiz", "solution_shown", "lesson"}
    item : str
        What was tried, such as ``"02.1"``.
    passed : bool
    points, max_points : float
    detail : JSON-able, optional
        Anything worth keeping beside the points.

    Returns
    -------
    bool
        True when it was stored; False for a learner without a name, and when the file could not be
        written (never an exception: the verdict matters more than its record).

    Raises
    ------
    ValueError
        For an unknown ``kind`` – a mistake in the course, not in the learner's set-up.
    """
    saved = save(kind, item, passed=passed, points=points, max_points=max_points, detail=detail)
    if not saved.ok and saved.message != NOBODY:
        print(saved.message, file=sys.stderr)
    return saved.ok


def summary(learner: str | None = None) -> Progress:
    """Return what a learner has done; by default the one logged in."""
    name = current_learner() if learner is None else _checked_name(learner)
    if name is None:
        return Progress(None)
    try:
        return Progress(name, tuple(store.attempts(name)))
    except StoreError as error:
        return Progress(name, problem=f"Your progress cannot be read: {error}.")


def export(path: str | os.PathLike[str]) -> Path:
    """Write the attempts of the learner who is logged in to a CSV file and return its path.

    Raises
    ------
    ValueError
        When nobody is logged in, or when ``path`` is the progress file itself.
    StoreError
        When the progress file cannot be read.
    """
    learner = current_learner()
    if learner is None:
        raise ValueError(NOBODY)
    path = Path(path)
    if path.resolve() == store.store_path().resolve():
        raise ValueError(f"{path} is the progress file itself; give the CSV file another name.")
    rows = store.attempts(learner)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(Attempt._fields)
        writer.writerows(row._replace(passed=int(row.passed)) for row in rows)
    return path


def forget(name: str) -> int:
    """Delete everything stored under a name and return how many attempts that were.

    Raises
    ------
    StoreError
        When the progress file cannot be changed.
    """
    return store.delete(_checked_name(name))


def _checked_name(name: str) -> str:
    if not isinstance(name, str):
        raise ValueError(f'A name is text in quotes, such as login("Ada"), not {name!r}.')
    # One form for each letter: "é" typed in two ways is still one learner.
    clean = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(clean) <= MAX_NAME or not clean.isprintable():
        raise ValueError(
            f'A name needs 1 to {MAX_NAME} printable characters on one line; try something like login("Ada").'
        )
    return clean

"""Who the learner is, and what is kept of what they do: nothing at all for one without a name.

The learner is whoever called :func:`login` in this kernel, else the JupyterHub user, else nobody.
Attempts are kept in one SQLite file (see :mod:`zeropoint.course.store`); :func:`progress` shows them, and
:mod:`zeropoint.course.transfer` takes them elsewhere or deletes them.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from zeropoint.course import store
from zeropoint.course.manifest import Manifest, load_manifest
from zeropoint.course.progress_report import NOBODY
from zeropoint.course.progress_view import Progress
from zeropoint.course.store import Attempt, StoreError

KINDS = ("exercise", "quiz", "solution_shown", "lesson")
MAX_NAME = 64

# What this kernel was told: None – nothing yet; "" – logged out, which also holds on a JupyterHub.
_told: str | None = None


class Saved(NamedTuple):
    """Whether a result was stored, and the sentence to show beside it."""

    ok: bool
    message: str
    nobody: bool = False  # it was not, because nobody is logged in


_NOBODY = Saved(False, NOBODY, nobody=True)

# What this kernel has said about saving and not saving; the latter is said again after something was saved.
_said: set[Saved] = set()


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
    _told = checked_name(name)
    _said.clear()
    _said.add(_saved_for(_told))  # the greeting says so
    print(progress().greeting())


def logout() -> None:
    """Store nothing more in this kernel, not even under a JupyterHub name."""
    global _told
    _told = ""
    _said.add(_NOBODY)
    print("Logged out: from now on nothing is stored.")


def current_learner() -> str | None:
    """Return the name results are stored under, or None when nothing is stored."""
    if _told is not None:
        return _told or None
    try:
        return checked_name(os.environ.get("JUPYTERHUB_USER", ""))
    except ValueError:
        return None


def save(kind: str, item: str, *, passed: bool, points: float, max_points: float, detail: Any = None) -> Saved:
    """Store one attempt and say in a sentence whether that worked (see :func:`record`)."""
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}.")
    learner = current_learner()
    if learner is None:
        return _NOBODY
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        text = None if detail is None else json.dumps(detail, ensure_ascii=False, default=str)
        row = Attempt(learner, now, kind, str(item), bool(passed), float(points), float(max_points), text)
        store.add([row._replace(uid=uuid.uuid4().hex)])
    except (StoreError, TypeError, ValueError) as error:
        return Saved(False, f"This result was not saved: {error}.")
    return _saved_for(learner)


def _saved_for(learner: str) -> Saved:
    return Saved(True, f"Saved for {learner}.")


def record(kind: str, item: str, *, passed: bool, points: float, max_points: float, detail: Any = None) -> bool:
    """Store one attempt and say so once; when nothing can be stored, say that in one sentence, once, and carry on.

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
    if saved.ok:
        _said.intersection_update({saved})  # the way is free again: the next failure is news
        if said_first(saved):  # once: on a JupyterHub nobody logs in, and all is stored from the first check on
            print(saved.message)
    elif said_first(saved):
        print(saved.message, file=sys.stdout if saved.nobody else sys.stderr)
    return saved.ok


def said_first(saved: Saved) -> bool:
    """Tell whether it is said for the first time what was saved or not, and note that it is."""
    first = saved not in _said
    _said.add(saved)
    return first


def progress(learner: str | None = None) -> Progress:
    """Return what a learner has done; by default the one logged in.

    As the last line of a cell it is shown as a table with bars; ``print(progress())`` gives text.
    """
    name = current_learner() if learner is None else checked_name(learner)
    if name is None:
        return Progress(None)
    try:
        return Progress(name, tuple(store.attempts(name)), course=_course())
    except StoreError as error:
        return Progress(name, problem=f"Your progress cannot be read: {error}.")


def one_learner(name: str | None = None) -> str:
    """Return the learner whom a command is about: the one named, else logged in, else the only one on record.

    Raises
    ------
    ValueError
        When nobody is named and there is not exactly one record; the sentence lists whose there are.
    StoreError
        When the progress file cannot be read.
    """
    if name is not None:
        return checked_name(name)
    current = current_learner()
    names = store.learners() if current is None else [current]
    if len(names) == 1:
        return names[0]
    if names:
        raise ValueError(f"There are records of {', '.join(names)}; name one of them.")
    raise ValueError('No progress is stored on this machine; call login("your name") in a notebook to keep a record.')


def _course() -> Manifest | None:
    try:
        return load_manifest()
    except OSError:  # without the course folder, or where it cannot be read, there are still records to show
        return None


def checked_name(name: Any) -> str:
    """Return a name as it is stored.

    Raises
    ------
    ValueError
        With one sentence, when it is no text, empty, too long or cannot be printed.
    """
    if not isinstance(name, str):
        raise ValueError(f'A name is text in quotes, such as login("Ada"), not {name!r}.')
    # One form for each letter: "é" typed in two ways is still one learner.
    clean = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(clean) <= MAX_NAME or not clean.isprintable():
        raise ValueError(
            f'A name needs 1 to {MAX_NAME} printable characters on one line; try something like login("Ada").'
        )
    return clean

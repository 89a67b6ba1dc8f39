"""Take a record to another computer, bring it back, or delete it.

A Colab or Binder session ends with its disk: ``export("me.json")`` there and ``import_progress("me.json")`` here
carry the record over. The file says what was tried and when, in plain JSON; CSV is for a spreadsheet.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from zeropoint.course import learner, store
from zeropoint.course.progress_report import NOBODY
from zeropoint.course.store import Attempt

FORMAT = "zeropoint-progress"
VERSION = 1
MAX_BYTES = 20_000_000  # a hundred thousand attempts; more is another kind of file
MAX_POINTS = 1_000_000

_TEXTS = ("at", "kind", "item", "uid")


class Imported(NamedTuple):
    """What an import has changed."""

    learner: str
    added: int
    already_there: int

    def __str__(self) -> str:
        return f"{self.added} results added for {self.learner}; {self.already_there} were there already."


def export(path: str | os.PathLike[str], name: str | None = None) -> Path:
    """Write a learner's attempts to a file and return its path.

    Parameters
    ----------
    path : path
        ``….json`` to take the record to another computer, ``….csv`` for a spreadsheet; a file there is replaced.
    name : str, optional
        Whose; by default the learner who is logged in.

    Raises
    ------
    ValueError
        When nobody is logged in, the suffix is neither, or the file cannot be written.
    StoreError
        When the progress file cannot be read.
    """
    name = learner.current_learner() if name is None else learner.checked_name(name)
    if name is None:
        raise ValueError(NOBODY)
    path = Path(path)
    if path.resolve() == store.store_path().resolve():
        raise ValueError(f"{path} is the progress file itself; give the exported file another name.")
    formats = {".json": _as_json, ".csv": _as_csv}
    if path.suffix.lower() not in formats:
        raise ValueError(f"{path} ends neither in .json nor in .csv; choose one of them.")
    text = formats[path.suffix.lower()](name, store.attempts(name))
    write_whole(path, text)
    return path


def import_progress(path: str | os.PathLike[str], name: str | None = None) -> Imported:
    """Add the attempts of an exported JSON file to a record; what is there stays, and nothing is added twice.

    Parameters
    ----------
    path : path
        A file that :func:`export` has written.
    name : str, optional
        To whose record; by default to that of the learner who is logged in, else of the learner named in the file.

    Raises
    ------
    ValueError
        With one sentence, when the file is not such a file; nothing is added then.
    StoreError
        When the progress file cannot be written.
    """
    path = Path(path)
    data = _read(path)
    if not isinstance(data, Mapping) or data.get("format") != FORMAT or not isinstance(data.get("attempts"), list):
        raise ValueError(f"{path.name} is not an exported progress file; give one that export() has written.")
    if data.get("version") != VERSION:
        raise ValueError(
            f"{path.name} has version {data.get('version')!r} and this Zeropoint reads {VERSION}; update Zeropoint."
        )
    owner = learner.checked_name(name or learner.current_learner() or data.get("learner"))
    rows = [_attempt(row, owner, f"{path.name}, attempt {n}") for n, row in enumerate(data["attempts"], 1)]
    added = store.add(rows)
    return Imported(owner, added, len(rows) - added)


def forget(name: str) -> int:
    """Delete everything stored under a name, log that learner out, and return how many attempts that were.

    Raises
    ------
    StoreError
        When the progress file cannot be changed.
    """
    name = learner.checked_name(name)
    count = store.delete(name)
    if learner.current_learner() == name:
        learner.logout()  # or the next check would begin a new record
    return count


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that one that is there is replaced by the whole new one or not at all.

    Raises
    ------
    ValueError
        With one sentence, when it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ValueError(f"{path} cannot be written ({error.strerror}); choose another place for it.") from error


def _as_csv(_name: str, rows: list[Attempt]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(Attempt._fields)
    as_number = Attempt._fields.index("passed")  # 0 or 1, as every spreadsheet reads it
    for row in rows:
        cells = list(row)
        cells[as_number] = int(row.passed)
        writer.writerow(cells)
    return text.getvalue()


def _as_json(name: str, rows: list[Attempt]) -> str:
    attempts = [row._asdict() for row in rows]
    for attempt in attempts:
        del attempt["learner"]  # said once, and another one may import it
        attempt["detail"] = json.loads(attempt["detail"] or "null")
    data = {"format": FORMAT, "version": VERSION, "learner": name, "attempts": attempts}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"{path.name} is larger than {MAX_BYTES // 10**6} MB; give one that export() has written.")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}); check its name.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path.name} is not valid JSON; export it again.") from error


def _attempt(row: Any, owner: str, where: str) -> Attempt:
    """Check one attempt of an imported file."""
    keys = set(Attempt._fields) - {"learner"}
    if not isinstance(row, Mapping) or row.keys() != keys:
        raise ValueError(f"{where}: expected the keys {', '.join(sorted(keys))}; export the file again.")
    if not all(isinstance(row[key], str) and 0 < len(row[key]) <= 200 and row[key].isprintable() for key in _TEXTS):
        raise ValueError(f"{where}: expected a line of text for {', '.join(_TEXTS)}; export the file again.")
    if row["kind"] not in learner.KINDS or not isinstance(row["passed"], bool):
        raise ValueError(f"{where}: kind or passed is not what an attempt has; export the file again.")
    points = row["points"]
    most = row["max_points"]
    numbers = all(isinstance(number, int | float) and not isinstance(number, bool) for number in (points, most))
    if not (numbers and 0 <= points <= most <= MAX_POINTS):  # NaN fails too
        raise ValueError(f"{where}: expected 0 ≤ points ≤ max_points; export the file again.")
    return Attempt(
        learner=owner,
        at=_moment(row["at"], where),
        kind=row["kind"],
        item=row["item"],
        passed=row["passed"],
        points=float(points),
        max_points=float(most),
        detail=None if row["detail"] is None else json.dumps(row["detail"], ensure_ascii=False),
        uid=row["uid"],
    )


def _moment(text: str, where: str) -> str:
    """Return a time in the one form that sorts as text: UTC, whole seconds."""
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC).isoformat(timespec="seconds")
    raise ValueError(f"{where}: at is {text!r}, not a time in ISO 8601 with its offset; export the file again.")

"""The progress file: one SQLite table of attempts to which rows are only ever added.

Whatever goes wrong – a full disk, a folder that may not be written, a damaged file – comes out as
one :class:`StoreError` with one sentence, and the file that lies there is left as it is.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sqlite3
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import NamedTuple

import platformdirs

VERSION = 2
APPLICATION_ID = 0x5A45524F  # "ZERO": tells our file from another program's database
BUSY_SECONDS = 10.0

# Made from the row, so that reading a file of version 1 and migrating it give the same.
_OLD_UID = "old_uid(id, learner, at, kind, item)"

# One tuple of statements a schema version; the file is brought up from whichever it has.
_MIGRATIONS = (
    (
        """CREATE TABLE attempt (
               id INTEGER PRIMARY KEY, learner TEXT NOT NULL, at TEXT NOT NULL,
               kind TEXT NOT NULL, item TEXT NOT NULL, passed INTEGER NOT NULL,
               points REAL NOT NULL, max_points REAL NOT NULL, detail TEXT)""",
        "CREATE INDEX attempt_by_learner ON attempt (learner, id)",
        f"PRAGMA application_id = {APPLICATION_ID}",
    ),
    (  # 2: an attempt that is taken to another computer and back is recognised
        "ALTER TABLE attempt ADD COLUMN uid TEXT NOT NULL DEFAULT ''",
        f"UPDATE attempt SET uid = {_OLD_UID}",
        "CREATE UNIQUE INDEX attempt_by_uid ON attempt (learner, uid)",
    ),
)


class StoreError(RuntimeError):
    """The progress file could not be read or written; the text says why and what to do."""


class Attempt(NamedTuple):
    """One row: what a learner tried, when (UTC, ISO 8601), and what came of it."""

    learner: str
    at: str
    kind: str
    item: str
    passed: bool
    points: float
    max_points: float
    detail: str | None  # JSON
    uid: str = ""  # the same wherever the attempt is taken


def store_path() -> Path:
    """Return where progress is kept: ``$ZEROPOINT_PROGRESS`` or the user's data folder (not created)."""
    named = os.environ.get("ZEROPOINT_PROGRESS")
    if named:
        return Path(os.path.expanduser(named))  # unlike Path.expanduser, never raises
    return platformdirs.user_data_path("zeropoint", appauthor=False) / "progress.sqlite"


def add(attempts: Iterable[Attempt]) -> int:
    """Add attempts, all of them or none, leave out those already there, and return how many were new.

    The file and its folder are made when missing.
    """
    path = store_path()
    query = """INSERT INTO attempt VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (learner, uid) DO NOTHING"""
    with _plain_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, mode=0o600))  # SQLite alone would let everybody read it
        with _writing(path) as db:
            return db.executemany(query, attempts).rowcount


def attempts(learner: str) -> list[Attempt]:
    """Return a learner's attempts, oldest first; a file that is not there holds none."""
    rows = _select("{columns} FROM attempt WHERE learner = ? ORDER BY at, id", learner)
    return [Attempt(*row)._replace(passed=bool(row[4])) for row in rows]


def learners() -> list[str]:
    """Return the names under which something is stored, in alphabetical order."""
    return [row[0] for row in _select("DISTINCT learner FROM attempt ORDER BY learner")]


def delete(learner: str) -> int:
    """Delete a learner's attempts for good and return how many there were."""
    path = store_path()
    with _plain_errors(path):
        if not path.exists():
            return 0
        with _writing(path) as db:
            count = db.execute("DELETE FROM attempt WHERE learner = ?", (learner,)).rowcount
        # Overwriting deleted rows leaves copies that the index and page splits made: the file is written anew.
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db:
            db.execute("VACUUM")
            busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise StoreError(f"another program is reading {path}, so traces may be left in it; close it and try again")
    return count


def _select(query: str, *values: str) -> list[tuple]:
    """Return the rows of a query, whose ``{columns}`` are those of :class:`Attempt`; none without a file."""
    path = store_path()
    with _plain_errors(path):
        if not path.exists():
            return []
        with contextlib.closing(_reader(path)) as db:
            version = _known_version(db)
            if not version:
                return []
            names = Attempt._fields if version > 1 else (*Attempt._fields[:-1], _OLD_UID)
            return db.execute(f"SELECT {query.format(columns=', '.join(names))}", values).fetchall()


@contextlib.contextmanager
def _writing(path: Path) -> Generator[sqlite3.Connection, None, None]:
    """Open, bring the schema up to date, and run the body as one transaction."""
    # isolation_level=None: Python starts no transaction of its own, so the schema change is atomic too.
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    with contextlib.closing(connection) as db:
        if not _known_version(db):  # looked at before any write: what is not ours stays untouched
            _prefer_wal(db)
        db.execute("PRAGMA secure_delete = ON")  # what a learner asks to forget is overwritten
        db.create_function("old_uid", -1, _old_uid)
        with db:
            db.execute("BEGIN IMMEDIATE")  # waits its turn here, not in the middle
            _migrate(db)
            yield db


def _reader(path: Path) -> sqlite3.Connection:
    """Open an existing file to read; one in a read-only folder is read as it lies."""
    uri = path.resolve().as_uri()
    db = sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        db.close()
        # WAL needs a file beside the database. As long as no log lies there, there is nothing to miss.
        logged = path.with_name(path.name + "-wal").exists()
        if logged or _code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        db = sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)
    db.create_function("old_uid", -1, _old_uid)
    return db


def _old_uid(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def _prefer_wal(db: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side where the file system can."""
    # A network folder, or another tab opening at this moment, refuses: the classic journal does as well.
    with contextlib.suppress(sqlite3.OperationalError):
        db.execute("PRAGMA journal_mode = WAL").fetchone()


def _known_version(db: sqlite3.Connection) -> int:
    """Return the schema version, 0 for an empty file; refuse what is not ours or too new."""
    # One statement, so that another process creating the file is seen either before or after it.
    query = """SELECT user_version, application_id, (SELECT count(*) FROM sqlite_master)
               FROM pragma_user_version, pragma_application_id"""
    version, application, tables = db.execute(query).fetchone()
    ours = application == APPLICATION_ID
    new = version == 0 and not tables
    if not ours and not new:
        raise StoreError(
            "{path} is the database of another program and was left untouched; "
            "set ZEROPOINT_PROGRESS to a file of its own"
        )
    if version > VERSION:
        raise StoreError("{path} was written by a newer Zeropoint; update this one and try again")
    return version


def _migrate(db: sqlite3.Connection) -> None:
    """Run the migrations still missing; the caller holds the write lock."""
    version = _known_version(db)
    for number, statements in enumerate(_MIGRATIONS[version:], start=version + 1):
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")


@contextlib.contextmanager
def _plain_errors(path: Path) -> Generator[None, None, None]:
    """Turn what the system says into one sentence with a way out."""
    try:
        yield
    except StoreError as error:
        raise StoreError(str(error).replace("{path}", str(path))) from None
    except (sqlite3.Error, OSError) as error:
        raise StoreError(_sentence(error, path)) from error


def _code(error: Exception) -> int:
    """Return SQLite's primary result code of an error; 0 when it is none of SQLite's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits only say more precisely where


def _sentence(error: Exception, path: Path) -> str:
    code = _code(error)
    number = getattr(error, "errno", None)
    if code == sqlite3.SQLITE_FULL or number == errno.ENOSPC:
        return f"the disk with {path} is full; free some space and try again"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or number == errno.EBUSY:
        return f"another program kept {path} busy for {BUSY_SECONDS:.0f} s; try again in a moment"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return (
            f"{path} is damaged or not a progress file and was left untouched; "
            "move it to a safe place, or set ZEROPOINT_PROGRESS to a new file"
        )
    text = getattr(error, "strerror", None) or str(error)  # not str(OSError): it quotes the path
    return (
        f"{path} cannot be used ({text}); check the folder's permissions and free space, "
        "or set ZEROPOINT_PROGRESS to a file you may write"
    )

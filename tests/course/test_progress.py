"""The progress file loses nothing, breaks nothing, and holds nothing about a learner without a name."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import pytest

from zeropoint.course import learner, store, transfer

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


@pytest.fixture(autouse=True)
def path(progress_file: Path) -> Path:
    return progress_file


def record(item: str = "02.1", *, points: float = 1, kind: str = "exercise", passed: bool = True) -> bool:
    return learner.record(kind, item, passed=passed, points=points, max_points=9)


def python(code: str, *, first: str = "") -> subprocess.Popen[str]:
    """Start another Python process on the same progress file."""
    start = f"from zeropoint.course import learner\n{first}\nlearner.login('Ada')\n"
    return subprocess.Popen([sys.executable, "-c", start + code], stdout=PIPE, stderr=PIPE, text=True)


def stored(path: Path) -> list[str]:
    """Read the items from the file without the code under test."""
    with sqlite3.connect(path) as db:
        rows = [row[0] for row in db.execute("SELECT item FROM attempt ORDER BY id")]
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return rows


# ── who the learner is ──────────────────────────────────────────────────────────────────────────────────────────────


def test_anonymous_leaves_no_file_and_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert record() is False
    assert "login(" in str(learner.progress())
    with pytest.raises(ValueError, match="Nobody is logged in"):
        transfer.export(tmp_path / "out.csv")
    assert transfer.forget("Ada") == 0
    learner.logout()
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == ""


def test_login_alone_leaves_no_file(tmp_path: Path) -> None:
    learner.login("Ada")
    assert str(learner.progress()).startswith("Nothing is stored for Ada yet.\n")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_course_leaves_no_file(tmp_path: Path) -> None:
    code = "import zeropoint.course.learner, zeropoint.course.quiz"
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    environment.pop("ZEROPOINT_PROGRESS")
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def test_learner_is_login_then_jupyterhub_then_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert learner.current_learner() is None
    monkeypatch.setenv("JUPYTERHUB_USER", "grace")
    assert learner.current_learner() == "grace"
    learner.login("Ada")
    assert learner.current_learner() == "Ada"
    learner.logout()
    assert learner.current_learner() is None, "logging out holds on a JupyterHub too"


def test_unusable_jupyterhub_name_counts_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "x" * 65)
    assert learner.current_learner() is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "a\x00b", "\u200b", 7, None])
def test_bad_name_is_refused_in_one_sentence(name: object) -> None:
    with pytest.raises(ValueError, match=r"^A name [^.]*login\(\"Ada\"\)[^.]*\.$"):
        learner.login(name)  # type: ignore[arg-type]
    assert learner.current_learner() is None


@pytest.mark.parametrize("name", ["  Ada ", "x" * 64, "Зоя", "Ada O'Neil", "李 雷"])
def test_good_name_is_stripped_and_kept(name: str) -> None:
    learner.login(name)
    assert learner.current_learner() == name.strip()


def test_one_letter_written_in_two_ways_is_one_learner() -> None:
    learner.login("Jose\u0301")
    record()
    learner.login("Jos\u00e9")
    assert len(learner.progress().history) == 1


def test_greeting_tells_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    learner.login("Ada")
    assert capsys.readouterr().out.startswith("Hello, Ada.")
    record("02.1")
    record("02.2", passed=False, points=0)
    record("quick_test", kind="quiz", points=6, passed=False)
    record("quick_test", kind="quiz", points=8)
    record("quick_test", kind="quiz", points=7)
    learner.login("Ada")
    greeting = capsys.readouterr().out
    assert greeting.startswith("Welcome back, Ada. So far: 1 exercise passed, best quiz result 8 of 9; last saved on 2")


def test_on_a_hub_the_first_result_says_that_it_is_kept(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "grace")
    record("02.1")
    record("02.2")
    assert capsys.readouterr().out == "Saved for grace.\n"


@POSIX
def test_nobody_else_may_read_the_file_or_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    path = tmp_path / "new" / "progress.sqlite"
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(path))
    learner.login("Ada")
    record("02.1")
    assert {oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()} == {"0o600"}
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"


# ── what is stored and shown ────────────────────────────────────────────────────────────────────────────────────────


def test_summary_keeps_the_best_and_every_try() -> None:
    learner.login("Ada")
    for points in (2, 7, 5):
        record("02.1", points=points, passed=points == 7)
    record("02.1", kind="solution_shown", points=0)
    record("02.2", kind="solution_shown", points=0)
    record("quick_test", kind="quiz", points=8)
    summary = learner.progress()
    item, quiz = summary.items
    assert (item.name, item.points, item.max_points, item.attempts) == ("02.1", 7, 9, 3)
    assert item.passed and item.solution_shown
    assert (quiz.kind, quiz.points, quiz.attempts) == ("quiz", 8, 1)
    assert summary.solutions_shown == ("02.1", "02.2")
    assert summary.quiz_best is not None and summary.quiz_best.points == 8
    assert len(summary.history) == 6
    text = str(summary)
    assert "exercise 02.1" in text and "best 7 of 9" in text and "solution opened" in text
    assert "Solution opened without a try: 02.2." in text


def test_learners_do_not_see_each_other() -> None:
    learner.login("Ada")
    record("02.1")
    learner.login("Grace")
    record("02.2")
    assert [item.name for item in learner.progress().items] == ["02.2"]
    assert [item.name for item in learner.progress("Ada").items] == ["02.1"]


def test_time_is_utc() -> None:
    learner.login("Ada")
    record()
    assert learner.progress().history[0].at.endswith("+00:00")


def test_names_are_text_in_the_table() -> None:
    learner.login("<b>Ada</b>")
    record("<script>")
    table = learner.progress()._repr_html_()
    assert "<script>" not in table and "<b>Ada" not in table
    assert "&lt;script&gt;" in table


def test_detail_is_kept_as_json() -> None:
    learner.login("Ada")
    learner.record("quiz", "q", passed=True, points=1, max_points=1, detail={"missed": ["a", "é"]})
    assert json.loads(learner.progress().history[0].detail or "") == {"missed": ["a", "é"]}


def test_unknown_kind_is_a_mistake_of_the_course() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        record(kind="exam")


def test_default_place_is_the_users_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZEROPOINT_PROGRESS")
    place = store.store_path()
    assert place.name == "progress.sqlite" and place.parent.name == "zeropoint"


# ── two tabs, killed kernels ────────────────────────────────────────────────────────────────────────────────────────

WRITE_50 = """
import sys
for number in range(50):
    saved = learner.record("exercise", f"{sys.argv[1]}-{number}", passed=True, points=1, max_points=1)
    assert saved, number
"""


def test_two_processes_at_once_lose_nothing(path: Path) -> None:
    # Both start on a file that does not exist: the race for the schema is part of the test.
    code = WRITE_50.replace("sys.argv[1]", "{}")
    writers = [python(code.replace("{}", repr(name))) for name in ("a", "b")]
    for writer in writers:
        _, errors = writer.communicate(timeout=100)
        assert writer.returncode == 0, errors
        assert errors == ""
    assert sorted(stored(path)) == sorted(f"{name}-{number}" for name in "ab" for number in range(50))
    learner.login("Ada")
    assert len(learner.progress().history) == 100


@POSIX
@pytest.mark.parametrize("acknowledged", [1, 67, 140])
def test_killed_in_200_writes_loses_at_most_the_one_in_flight(path: Path, acknowledged: int) -> None:
    loop = "for n in range(200):\n"
    loop += (
        "    learner.record('exercise', str(n), passed=True, points=1, max_points=1); print('saved', n, flush=True)\n"
    )
    process = python(loop)
    assert process.stdout is not None
    for line in process.stdout:
        if line == f"saved {acknowledged}\n":
            process.send_signal(signal.SIGKILL)
            break
    rest = process.communicate()[0]
    assert process.returncode == -signal.SIGKILL
    told = acknowledged + 1 + rest.count("saved")
    assert told < 200, "killed too late to show anything"
    items = stored(path)  # also an integrity check
    assert items == [str(number) for number in range(len(items))]
    assert told <= len(items) <= told + 1
    learner.login("Ada")
    assert record("after") is True


def test_waits_for_another_writer(path: Path) -> None:
    learner.login("Ada")
    record("first")
    hold = f"""
import sqlite3, time
db = sqlite3.connect({str(path)!r}, isolation_level=None)
db.execute("BEGIN IMMEDIATE"); print("held", flush=True); time.sleep(1); db.execute("COMMIT")
"""
    other = python(hold)
    assert other.stdout is not None
    other.stdout.readline()
    assert other.stdout.readline() == "held\n"
    started = time.monotonic()
    assert record("second") is True
    assert time.monotonic() - started > 0.3
    other.communicate(timeout=20)


def test_a_writer_that_never_ends_gives_a_warning(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    learner.login("Ada")
    record("first")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    assert record("second") is False
    db.close()
    one_warning(capsys, "another program")
    assert stored(path) == ["first"]


# ── what is said, and how often ────────────────────────────────────────────────────────────────────────────────────


def test_anonymous_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        assert record() is False
    assert capsys.readouterr().out.count("Nobody is logged in, so nothing is stored") == 1


def test_how_it_is_told_does_not_depend_on_the_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(learner, "_NOBODY", learner._NOBODY._replace(message="Other words."))
    record()
    record()
    assert capsys.readouterr() == ("Other words.\n", ""), "no error, and once"
    learner.logout()
    capsys.readouterr()
    record()
    assert capsys.readouterr() == ("", ""), "logging out has said it already"


def test_one_warning_while_nothing_can_be_saved_and_a_new_one_after_a_success(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    learner.login("Ada")
    (tmp_path / "file").touch()
    for place, warnings in [(tmp_path / "file" / "x", 1), (path, 0), (tmp_path / "file" / "x", 1)]:
        monkeypatch.setenv("ZEROPOINT_PROGRESS", str(place))
        for _ in range(3):
            record()
        assert len(capsys.readouterr().err.splitlines()) == warnings


# ── disks that are full, folders that are closed, files that are broken ─────────────────────────────────────────────


def one_warning(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("This result was not saved: ") and lines[0].endswith(".")
    assert all(word in lines[0] for word in words), lines[0]


def foreign_database() -> bytes:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE holidays (place TEXT)")
    return db.serialize()


def too_new() -> bytes:
    db = sqlite3.connect(":memory:")
    db.execute(f"PRAGMA application_id = {store.APPLICATION_ID}")
    db.execute("CREATE TABLE attempt (everything TEXT)")
    db.execute(f"PRAGMA user_version = {store.VERSION + 1}")
    return db.serialize()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Dear diary, this is no database at all. " * 200, "left untouched"),
        (foreign_database(), "another program"),
        (too_new(), "newer Zeropoint"),
    ],
    ids=["text", "foreign", "too-new"],
)
def test_a_file_that_is_not_ours_is_left_as_it_is(
    path: Path, content: bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    learner.login("Ada")
    assert record() is False
    one_warning(capsys, words)
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert words in str(learner.progress())
    with pytest.raises(store.StoreError, match=words):
        transfer.forget("Ada")


def test_a_damaged_progress_file_is_left_as_it_is(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learner.login("Ada")
    for number in range(200):
        record(f"item {number} " + "x" * 100)
    whole = path.read_bytes()
    damaged = whole[:4096] + b"\xff" * (len(whole) - 4096)
    path.write_bytes(damaged)
    capsys.readouterr()
    assert record("after") is False
    one_warning(capsys, "damaged", "left untouched")
    assert path.read_bytes() == damaged
    assert "cannot be read" in str(learner.progress())


def test_an_empty_file_is_taken_into_use(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    learner.login("Ada")
    assert learner.progress().history == ()
    assert record() is True
    assert stored(path) == ["02.1"]


class SmallDisk(sqlite3.Connection):
    """A database that may not grow."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size when that is larger


def test_a_full_disk_gives_a_warning_and_keeps_the_rest(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    learner.login("Ada")
    record("first")
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(store.sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=SmallDisk))
        capsys.readouterr()
        assert record("x" * 20_000) is False
    one_warning(capsys, "the disk with", "is full")
    assert stored(path) == ["first"]
    assert record("later") is True


@POSIX
def test_a_disk_that_fills_while_writing_keeps_what_was_saved(path: Path) -> None:
    # The system itself refuses to let a file grow, so the database and its log fail where they would on a full disk.
    process = python("""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
saved = [learner.record("exercise", str(n), passed=True, points=1, max_points=1, detail="x" * 2000) for n in range(60)]
print(sum(saved), saved.index(False))
""")
    output, errors = process.communicate(timeout=60)
    count, first_failure = map(int, output.splitlines()[-1].split())
    assert 0 < first_failure <= count < 60
    assert "Traceback" not in errors
    assert errors.count("This result was not saved: ") == 1, "one warning for 48 failures"
    assert len(stored(path)) == count


@pytest.mark.parametrize("under", ["a file", "a folder"])
def test_a_place_that_cannot_be_a_file_gives_a_warning(
    under: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder").mkdir()
    place = tmp_path / "file" / "progress.sqlite" if under == "a file" else tmp_path / "folder"
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(place))
    learner.login("Ada")
    assert record() is False
    one_warning(capsys, "cannot be used", "ZEROPOINT_PROGRESS")
    assert (tmp_path / "file").read_text() == "kept"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that may be read but not written, with one attempt in its progress file."""
    with tempfile.TemporaryDirectory() as name:  # unlike tmp_path, it can be opened to another user
        file = Path(name) / "progress.sqlite"
        monkeypatch.setenv("ZEROPOINT_PROGRESS", str(file))
        learner.login("Ada")
        record("first")
        file.chmod(0o444)
        file.parent.chmod(0o555)
        yield file
        file.parent.chmod(0o755)


@POSIX
def test_a_read_only_folder_gives_a_warning_and_can_be_read(closed: Path) -> None:
    code = "print(learner.record('exercise', 'x', passed=True, points=1, max_points=1)); print(learner.progress())"
    # root may write anywhere: be somebody else, who may not even read where the course lies
    another = "import os; learner.load_manifest(); os.getuid() or os.setuid(65534)"
    before = closed.read_bytes()
    output, errors = python(code, first=another).communicate(timeout=60)
    assert "Welcome back, Ada." in output and "False\n" in output and "exercise first" in output, errors
    assert errors.startswith("This result was not saved: ") and errors.count("\n") == 1, errors
    assert [file.name for file in closed.parent.iterdir()] == [closed.name]
    assert closed.read_bytes() == before


def test_the_classic_journal_does_as_well(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoSharedMemory(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            if "journal_mode" in sql:
                raise sqlite3.OperationalError("locking protocol")
            return super().execute(sql, *values)

    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(store.sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=NoSharedMemory))
        learner.login("Ada")
        assert record() is True
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    db.close()
    assert stored(path) == ["02.1"]


def test_a_number_that_cannot_be_stored_does_not_escape(capsys: pytest.CaptureFixture[str]) -> None:
    learner.login("Ada")
    assert record(points=float("nan")) is False
    one_warning(capsys)
    assert learner.record("exercise", "x", passed=True, points="many", max_points=1) is False  # type: ignore[arg-type]
    one_warning(capsys)


VERSION_1 = """
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY, learner TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL,
    passed INTEGER NOT NULL, points REAL NOT NULL, max_points REAL NOT NULL, detail TEXT);
CREATE INDEX attempt_by_learner ON attempt (learner, id);
INSERT INTO attempt VALUES (1, 'Ada', '2026-01-02T03:04:05+00:00', 'exercise', '02.1', 1, 4, 4, NULL);
INSERT INTO attempt VALUES (2, 'Ada', '2026-01-02T03:04:05+00:00', 'exercise', '02.1', 1, 4, 4, NULL);
INSERT INTO attempt VALUES (3, 'Zoë', '2026-01-02T03:04:06+00:00', 'quiz', 'quick_test', 0, 5, 9, '{"missed": []}');
PRAGMA application_id = 0x5A45524F;
PRAGMA user_version = 1;
"""


def version_1(path: Path) -> None:
    """Make a file as the first version of the schema had it."""
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.executescript(VERSION_1)
    db.close()


def test_a_file_of_version_1_is_read_and_migrated_without_loss(path: Path) -> None:
    version_1(path)
    before = path.read_bytes()
    read = store.attempts("Ada")
    assert path.read_bytes() == before, "reading migrates nothing"
    learner.login("Ada")
    assert record("02.2") is True
    assert store.attempts("Ada")[:2] == read, "the same rows, by the same ids"
    assert stored(path) == ["02.1", "02.1", "quick_test", "02.2"]
    assert len({row.uid for row in store.attempts("Ada")}) == 3
    assert json.loads(store.attempts("Zoë")[0].detail or "") == {"missed": []}
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (store.VERSION,) == (2,)
    db.close()


def test_a_migration_that_fails_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version_1(path)
    broken = (*store._MIGRATIONS[:1], (store._MIGRATIONS[1][0], "no SQL at all"))
    learner.login("Ada")
    with monkeypatch.context() as patch:
        patch.setattr(store, "_MIGRATIONS", broken)
        assert record("02.2") is False
    one_warning(capsys)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert "uid" not in [row[1] for row in db.execute("PRAGMA table_info(attempt)")]
    db.close()
    assert record("02.2") is True


def test_two_kernels_migrate_one_file(path: Path) -> None:
    version_1(path)
    writers = [python(WRITE_50.replace("sys.argv[1]", repr(name))) for name in ("a", "b")]
    for writer in writers:
        _, errors = writer.communicate(timeout=100)
        assert (writer.returncode, errors) == (0, "")
    assert len(stored(path)) == 3 + 100


def test_schema_version_is_written(path: Path) -> None:
    learner.login("Ada")
    record()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (store.VERSION,)
        assert db.execute("PRAGMA journal_mode").fetchone()[0] in ("wal", "delete")
    db.close()

"""A record can be taken to another computer and back, and be deleted without a trace."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zeropoint.cli import main
from zeropoint.course import export, forget, import_progress, learner, login, progress, store


@pytest.fixture(autouse=True)
def path(progress_file: Path) -> Path:
    return progress_file


def record(item: str = "02.1", *, points: float = 1, passed: bool = True, detail: Any = None) -> None:
    assert learner.record("exercise", item, passed=passed, points=points, max_points=9, detail=detail)


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it to go to another computer: an empty progress file, and nobody logged in."""

    def go() -> None:
        monkeypatch.setenv("ZEROPOINT_PROGRESS", str(tmp_path / "another computer" / "progress.sqlite"))
        monkeypatch.setattr(learner, "_told", None)

    return go


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_csv_holds_every_attempt_of_the_learner(tmp_path: Path) -> None:
    login("Grace")
    record("99")
    login('Ada "A", Ltd')
    record("02.1", points=2.5)
    record("02.2", passed=False)
    with export(tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["learner"], row["item"], row["points"], row["passed"]) for row in rows] == [
        ('Ada "A", Ltd', "02.1", "2.5", "1"),
        ('Ada "A", Ltd', "02.2", "1.0", "0"),
    ]


def test_json_says_what_it_is_and_holds_no_other_learner(tmp_path: Path) -> None:
    login("Grace")
    record("99")
    login("Zoë")
    record("02.1", detail={"missed": ["é"]})
    text = export(tmp_path / "me.json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert (data["format"], data["version"], data["learner"]) == ("zeropoint-progress", 1, "Zoë")
    assert [(row["item"], row["detail"]) for row in data["attempts"]] == [("02.1", {"missed": ["é"]})]
    assert "Grace" not in text and "Zoë" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [("out.txt", "ends neither in .json nor in .csv"), ("no/such/folder.json", "cannot be written")],
)
def test_an_export_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path, name: str, message: str) -> None:
    login("Ada")
    with pytest.raises(ValueError, match=message):
        export(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_nobody_has_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Nobody is logged in"):
        export(tmp_path / "me.json")


def test_export_does_not_overwrite_the_progress_file(path: Path) -> None:
    login("Ada")
    record()
    before = path.read_bytes()
    with pytest.raises(ValueError, match="is the progress file itself"):
        export(path)
    assert path.read_bytes() == before


def test_a_failing_export_keeps_the_former_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    login("Ada")
    target = tmp_path / "me.json"
    target.write_text("the former one")

    def full(self: Path, text: str, **kwargs: Any) -> int:
        with self.open("w") as file:
            file.write(text[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ValueError, match=r"me\.json cannot be written \(No space left on device\)"):
        export(target)
    assert target.read_text() == "the former one"
    assert [file.name for file in tmp_path.iterdir()] == ["me.json"], "no partial file is left"


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_arrives_whole_and_only_once(tmp_path: Path, away: Callable[[], None]) -> None:
    login("Ada")
    record("02.1", points=2.5, detail={"a": ["é", 1]})
    record("02.1", points=2.5, detail={"a": ["é", 1]})  # the same in every field but the uid
    learner.record("solution_shown", "02.2", passed=False, points=0, max_points=4)
    rows = store.attempts("Ada")
    export(tmp_path / "me.json")
    away()
    assert import_progress(tmp_path / "me.json") == ("Ada", 3, 0)
    assert store.attempts("Ada") == rows
    assert import_progress(tmp_path / "me.json") == ("Ada", 0, 3)
    assert store.attempts("Ada") == rows


def test_importing_adds_to_what_is_there_in_the_order_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    login("Ada")
    record("first")
    export(tmp_path / "me.json")
    data = json.loads((tmp_path / "me.json").read_text())
    data["attempts"] = [{**data["attempts"][0], "uid": "other", "item": "earlier", "at": "2020-01-01T12:00:00+02:00"}]
    (tmp_path / "older.json").write_text(json.dumps(data))
    assert import_progress(tmp_path / "older.json").added == 1
    assert [row.item for row in store.attempts("Ada")] == ["earlier", "first"]
    assert store.attempts("Ada")[0].at == "2020-01-01T10:00:00+00:00"


@pytest.mark.parametrize(("logged_in", "named", "owner"), [("", None, "Ada"), ("Bo", None, "Bo"), ("Bo", "Cy", "Cy")])
def test_the_record_goes_to_whoever_is_named_or_logged_in(
    tmp_path: Path, away: Callable[[], None], logged_in: str, named: str | None, owner: str
) -> None:
    login("Ada")
    record()
    export(tmp_path / "me.json")
    away()
    if logged_in:
        login(logged_in)
    assert import_progress(tmp_path / "me.json", named).learner == owner
    assert store.learners() == [owner]


GOOD = {
    **{"uid": "u1", "at": "2026-01-02T03:04:05+00:00", "kind": "exercise", "item": "02.1"},
    **{"passed": True, "points": 1, "max_points": 4, "detail": None},
}
FILE = {"format": "zeropoint-progress", "version": 1, "learner": "Ada", "attempts": [GOOD, {**GOOD, "uid": "u2"}]}


def changed(**fields: Any) -> dict[str, Any]:
    """Return the good file with its second attempt changed, so that the first would be added by then."""
    return {**FILE, "attempts": [GOOD, {**GOOD, "uid": "u2", **fields}]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "is not valid JSON"),
        (b"{", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        ([], "is not an exported progress file"),
        ({**FILE, "format": "other"}, "is not an exported progress file"),
        ({**FILE, "attempts": {}}, "is not an exported progress file"),
        ({**FILE, "version": 2}, "has version 2 and this Zeropoint reads 1"),
        ({**FILE, "learner": None}, "A name is text"),
        ({**FILE, "learner": "a\nb"}, "A name needs 1 to 64 printable characters"),
        ({**FILE, "attempts": [5]}, "attempt 1: expected the keys "),
        ({**FILE, "attempts": [{**GOOD, "more": 1}]}, "attempt 1: expected the keys "),
        (changed(uid=""), "attempt 2: expected a line of text for at, kind, item, uid"),
        (changed(item="a\nb"), "attempt 2: expected a line of text"),
        (changed(item="x" * 201), "attempt 2: expected a line of text"),
        (changed(kind="exam"), "attempt 2: kind or passed is not"),
        (changed(passed=1), "attempt 2: kind or passed is not"),
        (changed(points=5), "attempt 2: expected 0 ≤ points ≤ max_points"),
        (changed(points=-1), "attempt 2: expected 0 ≤ points ≤ max_points"),
        (changed(points=float("nan")), "attempt 2: expected 0 ≤ points ≤ max_points"),
        (changed(max_points=float("inf")), "attempt 2: expected 0 ≤ points ≤ max_points"),
        (changed(points="1"), "attempt 2: expected 0 ≤ points ≤ max_points"),
        (changed(points=True), "attempt 2: expected 0 ≤ points ≤ max_points"),
        (changed(at="yesterday"), "attempt 2: at is 'yesterday', not a time"),
        (changed(at="2026-01-02T03:04:05"), "not a time in ISO 8601 with its offset"),
    ],
)
def test_a_file_that_is_no_export_adds_nothing(tmp_path: Path, content: Any, message: str) -> None:
    login("Grace")
    record("kept")
    learner.logout()
    file = tmp_path / "bad.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(ValueError) as error:
        import_progress(file, None if isinstance(content, dict) and "learner" in content else "Ada")
    assert message in str(error.value)
    assert "\n" not in str(error.value) and str(error.value).endswith(".")
    assert store.learners() == ["Grace"]


def test_the_good_file_of_these_tests_is_good(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(FILE))
    assert import_progress(tmp_path / "good.json") == ("Ada", 2, 0)


def test_a_missing_or_huge_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.json cannot be read"):
        import_progress(tmp_path / "none.json")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(ValueError, match=r"huge\.json is larger than 20 MB"):
        import_progress(tmp_path / "huge.json")


# ── away for good ───────────────────────────────────────────────────────────────────────────────────────────────────


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_forget_leaves_no_byte_of_the_learner(path: Path) -> None:
    names = ["Grace", "Ada Lovelace", "Ada Lovelace"]  # taking turns, so that both have rows on every page
    for batch in range(20):
        numbers = range(20 * batch, 20 * batch + 20)
        rows = [
            (names[n % 3], f"2026-{n}", "exercise", f"{names[n % 3][:3]}-{n}", True, 1, 1, None, f"{n}")
            for n in numbers
        ]
        store.add(store.Attempt(*row) for row in rows)
    assert b"Lovelace" in everything(path.parent)
    assert forget("Ada Lovelace") == 266
    left = everything(path.parent)
    assert b"Lovelace" not in left and b"Ada-" not in left
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM attempt WHERE learner = 'Grace'").fetchone() == (134,)
    db.close()


def test_forget_says_when_traces_may_be_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    login("Ada Lovelace")
    record()
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM attempt").fetchall()
    with pytest.raises(store.StoreError, match=r"close it and try again|try again in a moment"):
        forget("Ada Lovelace")
    reader.close()
    forget("Ada Lovelace")
    assert b"Lovelace" not in everything(path.parent)


def test_who_is_forgotten_is_logged_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "Ada")
    record()
    forget("Grace")
    assert learner.current_learner() == "Ada"
    forget("Ada")
    assert learner.current_learner() is None
    assert learner.record("exercise", "02.1", passed=True, points=1, max_points=1) is False
    assert store.learners() == []


# ── in a terminal ───────────────────────────────────────────────────────────────────────────────────────────────────


def terminal(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments, input=answer)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_terminal_shows_the_only_record_there_is() -> None:
    code, text = terminal("progress")
    assert code == 1 and "No progress is stored on this machine" in text
    login("Ada")
    record("02.1")
    learner.logout()
    code, text = terminal("progress")
    assert code == 0 and text.rstrip() == str(progress("Ada"))
    login("Bo")
    record("02.2")
    learner.logout()
    code, text = terminal("progress")
    assert code == 1 and "There are records of Ada, Bo; name one of them." in text
    assert "Progress of Bo" in terminal("progress", "Bo")[1]


def test_terminal_takes_a_record_along_and_forgets_it(tmp_path: Path, away: Callable[[], None]) -> None:
    login("Ada")
    record("02.1")
    file = str(tmp_path / "me.json")
    assert f"Wrote {file}." in terminal("progress", "--export", file)[1]
    away()
    code, text = terminal("progress", "--import", file)
    assert code == 0 and "1 results added for Ada; 0 were there already." in text and "Progress of Ada" in text
    assert terminal("forget", "Ada", answer="n\n")[0] == 1
    assert store.learners() == ["Ada"]
    assert "Deleted 1 results of Ada." in terminal("forget", "Ada", "--yes")[1]
    assert store.learners() == []

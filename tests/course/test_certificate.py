"""What progress shows of the course, and the completion record at its end."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from zeropoint.cli import main
from zeropoint.course import learner, login, progress, store
from zeropoint.course.certificate import NotComplete, certificate, write_certificate
from zeropoint.course.manifest import ExerciseEntry, Lesson, Manifest
from zeropoint.course.progress_view import Progress
from zeropoint.course.store import Attempt

COURSE = Manifest(
    title="A course",
    lessons=(
        Lesson("00_start", "Start <here>", 10, (), ()),
        Lesson("02_scale", "Scale", 30, (), (ExerciseEntry("02.1", 4, "First"), ExerciseEntry("02.2", 6, "Second"))),
        Lesson("06_ptq", "PTQ", 30, (), (ExerciseEntry("06.1", 10, "Third"),)),
    ),
    quiz_stem="quick_test",
    quiz_minutes=10,
    pass_percent=70,
)


def attempt(
    day: int, item: str, points: float, most: float, *, kind: str = "exercise", passed: bool | None = None
) -> Attempt:
    passed = points == most if passed is None else passed
    return Attempt("Ada", f"2026-03-{day:02}T10:00:00+00:00", kind, item, passed, points, most, None, f"{day}{item}")


def opened(day: int, item: str) -> Attempt:
    return attempt(day, item, 0, 4, kind="solution_shown")


def quiz(day: int, points: int) -> Attempt:
    return attempt(day, "quick_test", points, 9, kind="quiz", passed=points >= 7)


ALL = (
    attempt(1, "02.1", 0, 4),
    opened(2, "02.1"),
    attempt(3, "02.1", 4, 4),
    attempt(4, "02.2", 6, 6),
    opened(5, "02.2"),  # to compare, after it was solved
    quiz(6, 5),
    attempt(7, "06.1", 10, 10),
    quiz(8, 8),
    quiz(9, 7),
)


def report(*history: Attempt, name: str = "Ada") -> Progress:
    return Progress(name, history, course=COURSE)


# ── progress over the course ────────────────────────────────────────────────────────────────────────────────────────


def test_lessons_add_up_their_exercises() -> None:
    rows = report(attempt(1, "02.1", 4, 4), attempt(2, "02.2", 2, 6), attempt(3, "02.2", 1, 6)).lessons
    assert [(row.stem, row.passed, row.exercises, row.points, row.max_points) for row in rows] == [
        ("00_start", 0, 0, 0, 0),
        ("02_scale", 1, 2, 6, 10),
        ("06_ptq", 0, 1, 0, 10),
    ]


@pytest.mark.parametrize(
    ("history", "what", "where"),
    [
        ((), "lesson 00 (Start <here>)", "notebooks/00_start.ipynb"),
        (ALL[:1], "exercise 02.1 (First)", "exercises/02_scale.ipynb"),
        (ALL[:3], "exercise 02.2 (Second)", "exercises/02_scale.ipynb"),
        (ALL[:6], "exercise 06.1 (Third)", "exercises/06_ptq.ipynb"),
        (ALL[:7], "the quick test", "quiz/quick_test.ipynb"),
        (ALL, "", ""),
    ],
)
def test_next_is_the_first_thing_not_passed(history: tuple[Attempt, ...], what: str, where: str) -> None:
    assert report(*history).next_step == (what, where)


def test_text_and_picture_show_the_same() -> None:
    shown = report(*ALL[:6])
    text, picture = str(shown), shown._repr_html_()
    words = html.unescape(re.sub(r"<[^>]*>", " ", picture))
    for fact in ("Progress of Ada", "2 of 2 exercises passed", "10 of 10", "0 of 1 exercises passed", "5 of 9"):
        assert fact in text and fact in words
    for fact in ("not passed yet", "exercise 02.1", "solution opened", "exercise 06.1 (Third)", "Start <here>"):
        assert fact in text and fact in words
    assert text.splitlines()[-1] == "Next: exercise 06.1 (Third), in exercises/06_ptq.ipynb"


def test_bars_are_as_long_as_the_numbers_say() -> None:
    shown = report(attempt(1, "02.1", 4, 4), attempt(2, "02.2", 1, 6, passed=False), quiz(3, 9))
    assert re.findall(r"width:(\d+)%", shown._repr_html_()) == ["50", "0", "100"]
    bars = re.findall(r"\[(#*)(·*)\]", str(shown))
    assert [(len(full), len(rest)) for full, rest in bars] == [(6, 6), (0, 12), (12, 0)]


def test_a_bar_that_looks_full_is_full() -> None:
    shown = report(attempt(1, "02.1", 4, 4), attempt(2, "02.2", 5.9, 6, passed=False))
    assert "[###########·]" in str(shown)


def test_names_and_titles_are_text_in_the_picture() -> None:
    picture = report(attempt(1, "<i>", 1, 1), name="<b>Ada</b>")._repr_html_()
    assert "<i>" not in picture and "<b>Ada" not in picture and "<here>" not in picture


def test_without_the_course_folder_the_record_is_still_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = Progress("Ada", ALL)
    assert "exercise 02.1" in str(shown) and "exercise 02.1" in shown._repr_html_()
    with pytest.raises(ValueError, match="course folder was not found"):
        certificate(shown)


# ── the completion record ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("history", "missing"),
    [
        ((), "exercise 02.1 (First); exercise 02.2 (Second); exercise 06.1 (Third); the quick test."),
        (ALL[:6], "exercise 06.1 (Third); the quick test."),
        (ALL[:7], "the quick test."),
        ((*ALL[:6], *ALL[7:]), "exercise 06.1 (Third)."),
    ],
)
def test_it_is_refused_in_one_sentence_that_lists_the_rest(history: tuple[Attempt, ...], missing: str) -> None:
    with pytest.raises(NotComplete) as refusal:
        certificate(report(*history))
    assert str(refusal.value) == f"The record of Ada is not complete yet; still to pass: {missing}"


def facts(page: str) -> str:
    """Return the words of a page, as a reader sees them."""
    body = page[page.index("<body>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_it_says_what_was_done_and_when() -> None:
    words = facts(certificate(report(*ALL)))
    assert "A course Completion record Ada has passed every exercise" in words
    assert "2026-03-01 to 2026-03-09" in words
    assert "best result 8 of 9 on 2026-03-08, 3 tries" in words
    assert "02.1 First 4 of 4 2 2026-03-03" in words
    assert "06.1 Third 10 of 10 1 2026-03-07" in words
    assert "self-paced record" in words and "no proof of identity" in words
    assert "$" not in words


def test_it_tells_openly_whose_solution_was_opened_first() -> None:
    assert "2 of 3 exercises were solved without opening the solution first; opened first: 02.1." in facts(
        certificate(report(*ALL))
    )
    clean = [row for row in ALL if row != ALL[1]]
    assert "3 of 3 exercises were solved without opening the solution first." in facts(certificate(report(*clean)))


def test_it_is_one_file_that_loads_nothing() -> None:
    page = certificate(report(*ALL))
    assert not re.search(r"https?:|//|url\(|<script|<link|<img|@import|\bsrc=", page)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"&amp; $learner', "李 雷"])
def test_the_name_is_text(name: str) -> None:
    page = certificate(report(*ALL, name=name))
    assert "<script" not in page
    assert f" {name} has passed" in facts(page)


def terminal(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["certificate", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.usefixtures("progress_file")
def test_terminal_writes_it_once_this_course_is_passed(tmp_path: Path) -> None:
    file = tmp_path / "record.html"
    assert terminal("--out", str(file))[0] == 1
    login("Ada")
    course = progress().course
    assert course is not None
    entries = [entry for lesson in course.lessons for entry in lesson.exercises]
    for entry in entries:
        learner.record("exercise", entry.id, passed=True, points=entry.points, max_points=entry.points)
    code, text = terminal("Ada", "--out", str(file))
    assert code == 1 and "still to pass: the quick test." in text and not file.exists()
    learner.record("quiz", course.quiz_stem, passed=True, points=7, max_points=9)
    learner.logout()
    assert terminal("--out", str(file))[0] == 0
    page = file.read_text(encoding="utf-8")
    assert all(html.escape(entry.title) in page for entry in entries)
    code, text = terminal("Ada", "--out", str(tmp_path / "no" / "folder.html"))
    assert code == 1 and "cannot be written" in text


@pytest.mark.usefixtures("progress_file")
def test_a_record_that_cannot_be_read_is_not_called_incomplete(tmp_path: Path, progress_file: Path) -> None:
    progress_file.parent.mkdir()
    progress_file.write_bytes(b"no database" * 100)
    with pytest.raises(store.StoreError, match="cannot be read"):
        write_certificate(tmp_path / "x.html", "Ada")

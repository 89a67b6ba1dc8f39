"""The self-assessment of lesson 00: where five answers lead."""

from __future__ import annotations

import pytest

from zeropoint.course import start
from zeropoint.course.manifest import Lesson, Manifest
from zeropoint.course.start import POINTERS, where_to_start

KNOWS_ALL = [pointer.skip for pointer in POINTERS]


@pytest.fixture(autouse=True)
def whole_course(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lessons 00 to 06, whichever are written."""
    lessons = tuple(Lesson(f"0{n}_stem", f"Title {n}", 10 * n, (), ()) for n in range(7))
    monkeypatch.setattr(start, "load_manifest", lambda: Manifest("course", lessons, "quiz", 10, 70))


def first_line(capsys: pytest.CaptureFixture[str], answers: list[str]) -> str:
    where_to_start(*answers)
    return capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("place", range(5))
def test_the_first_question_that_is_open_decides(place: int, capsys: pytest.CaptureFixture[str]) -> None:
    answers = KNOWS_ALL[:place] + ["?"] * (5 - place)
    assert (
        first_line(capsys, answers) == f"Start with lesson 0{place + 1} (Title {place + 1}), {10 * place + 10} minutes."
    )


def test_who_knows_all_goes_on_to_the_whole_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert first_line(capsys, KNOWS_ALL).startswith("Start with lesson 06")


def test_a_lesson_that_is_not_written_leads_to_the_next(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    lessons = tuple(Lesson(f"0{n}_stem", f"Title {n}", 10, (), ()) for n in (0, 1, 6))
    monkeypatch.setattr(start, "load_manifest", lambda: Manifest("course", lessons, "quiz", 10, 70))
    assert first_line(capsys, [*KNOWS_ALL[:2], "?", *KNOWS_ALL[3:]]).startswith("Start with lesson 06")


def test_further_open_questions_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    where_to_start("?", KNOWS_ALL[1], "?", KNOWS_ALL[3], "?")
    assert "(question 3, 5)" in capsys.readouterr().out


@pytest.mark.parametrize("answers", [[], ["a"] * 4, ["a"] * 6, ["a", "b", "c", "d", "a"], [1, 2, 3, 4, 5], ["ab"] * 5])
def test_other_answers_are_one_sentence(answers: list[object]) -> None:
    with pytest.raises(ValueError, match=r"Expected 5 answers, each one of a, b, c, \?"):
        where_to_start(*answers)

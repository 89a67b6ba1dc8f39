"""The checks, proven by mutation: right answers pass, wrong ones fail with the message made for them."""

from __future__ import annotations

import re
from importlib import import_module

import nbformat
import numpy as np
import pytest

from zeropoint.course import check, hint, solution
from zeropoint.course.check import _hints_shown
from zeropoint.course.checks import specification
from zeropoint.course.manifest import load_manifest
from zeropoint.course.spec import NOT_WRITTEN
from zeropoint.paths import course_root

EXERCISES = [(lesson, entry) for lesson in load_manifest().lessons for entry in lesson.exercises]
IDS = [entry.id for _, entry in EXERCISES]


@pytest.fixture(autouse=True)
def anonymous(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(tmp_path / "progress.sqlite"))


def mutants_of(exercise: str):
    return import_module(f"tests.mutants.lesson_{exercise.split('.')[0]}")


def answers_in(folder: str, stem: str) -> dict[str, object]:
    """Run the exercise cells of a notebook and return, for each exercise, what they define last."""
    notebook = nbformat.read(course_root() / folder / f"{stem}.ipynb", as_version=4)
    found: dict[str, object] = {}
    for cell in notebook.cells:
        exercise = cell.metadata.get("zeropoint", {}).get("exercise")
        if exercise:
            names: dict[str, object] = {}
            exec(cell.source, {"np": np}, names)
            found[exercise] = next(reversed(names.values()))
    return found


MUTANTS = [(e, i) for e in IDS for i in range(len(mutants_of(e).MUTANTS[e]))]


@pytest.mark.parametrize(("exercise", "number"), MUTANTS)
def test_wrong_answer_fails_with_its_own_message(exercise: str, number: int) -> None:
    answer, fragment = mutants_of(exercise).MUTANTS[exercise][number]
    result = check(exercise, answer)
    assert not result.passed
    assert result.points == 0
    assert re.search(fragment, result.message), result.message


@pytest.mark.parametrize("exercise", IDS)
def test_every_exercise_has_at_least_two_mutants_with_different_messages(exercise: str) -> None:
    messages = {check(exercise, answer).message for answer, _ in mutants_of(exercise).MUTANTS[exercise]}
    fragments = {fragment for _, fragment in mutants_of(exercise).MUTANTS[exercise]}
    assert len(messages) >= len(fragments) - 1 >= 2  # mutants that share a misconception share its message


@pytest.mark.parametrize("exercise", IDS)
def test_second_right_answer_passes(exercise: str) -> None:
    result = check(exercise, mutants_of(exercise).SECOND[exercise])
    assert result.passed, result.message
    assert result.points == result.max_points > 0


@pytest.mark.parametrize(("lesson", "entry"), EXERCISES, ids=IDS)
def test_solution_notebook_passes_and_untouched_exercise_is_not_written(lesson, entry) -> None:
    assert check(entry.id, answers_in("solutions", lesson.stem)[entry.id]).passed
    untouched = check(entry.id, answers_in("exercises", lesson.stem)[entry.id])
    assert not untouched.passed
    assert untouched.message == NOT_WRITTEN


@pytest.mark.parametrize("exercise", IDS)
@pytest.mark.parametrize(
    "nonsense", [None, ..., 3, "text", [], {}, lambda: 1, lambda *a: None, lambda *a: 1 / 0, {1: 2}]
)
def test_nonsense_is_a_verdict_not_an_exception(exercise: str, nonsense: object) -> None:
    result = check(exercise, nonsense)
    assert not result.passed
    assert result.message


def test_an_answer_that_destroys_its_input_does_not_destroy_the_cases() -> None:
    overwrites = next(a for a, fragment in mutants_of("02.4").MUTANTS["02.4"] if "overwrites" in fragment)
    assert not check("02.4", overwrites).passed
    assert check("02.4", mutants_of("02.4").SECOND["02.4"]).passed, "the cases themselves were changed"


def test_generated_cases_are_not_shown() -> None:
    def wrong_only_on_a_tie(x, scale, zero_point):
        q = np.round(x / scale) + zero_point
        return np.clip(q + (x == 0.75), 0, 255).astype(np.uint8)

    message = check("02.4", wrong_only_on_a_tie).message
    assert message.startswith("On a generated case (not shown)")
    assert "0.75" not in message


def test_what_the_answer_prints_is_swallowed(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(q, scale, zero_point):
        print("debugging")
        return mutants_of("02.5").second_dequantize(q, scale, zero_point)

    assert check("02.5", chatty).passed
    assert capsys.readouterr().out == ""


def test_unknown_exercise_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"There is no exercise '99\.9': expected one of 02\.1"):
        check("99.9", None)


def test_result_says_the_verdict_in_words_in_both_forms() -> None:
    for answer, word in ((mutants_of("02.2").HAND, "Right"), ({}, "Not yet")):
        result = check("02.2", answer)
        assert word in repr(result)
        assert word in result._repr_html_()


def test_html_is_escaped() -> None:
    def raises(x, scale, zero_point):
        raise RuntimeError("<script>")

    assert "<script>" not in check("02.4", raises)._repr_html_()


def test_hints_help_more_each_time_and_end_at_the_solution(capsys: pytest.CaptureFixture[str]) -> None:
    _hints_shown.clear()
    count = len(specification("02.4").hints)
    assert count >= 2
    for _ in range(count + 1):
        hint("02.4")
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(set(lines)) == count + 1
    assert lines[0].startswith(f"Hint 1 of {count}")
    assert 'solution("02.4")' in lines[-1]


def test_solution_shows_code_without_markers_and_is_recorded(capsys, monkeypatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    solution("02.4")
    shown = capsys.readouterr().out
    assert "np.clip" in shown
    assert "###" not in shown
    from zeropoint.course import store

    assert [(a.kind, a.item) for a in store.attempts("ada")] == [("solution_shown", "02.4")]


def test_points_are_recorded_for_a_learner_with_a_name_only(monkeypatch, tmp_path) -> None:
    from zeropoint.course import store

    check("02.2", mutants_of("02.2").HAND)
    assert not (tmp_path / "progress.sqlite").exists()
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    check("02.2", mutants_of("02.2").HAND)
    check("02.2", {})
    assert [(a.item, a.passed, a.points) for a in store.attempts("ada")] == [("02.2", True, 4), ("02.2", False, 0)]

"""The checks, proven by mutation: right answers pass, wrong ones fail with the message made for them."""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from contextlib import suppress
from functools import cache

import numpy as np
import pytest

from tests.lessons.answers import answers_to
from tests.scopes import one_class_each
from zeropoint.course import check, hint, solution
from zeropoint.course.build import CHECK_CALL
from zeropoint.course.changed import unchanged
from zeropoint.course.check import CheckResult, _hints_shown
from zeropoint.course.compare import compare_arrays
from zeropoint.course.manifest import Lesson, load_manifest
from zeropoint.course.refusal import Refusal
from zeropoint.course.spec import Case, FunctionCheck
from zeropoint.course.specification import specification
from zeropoint.course.verdict import NOT_WRITTEN
from zeropoint.paths import course_root

MANIFEST = load_manifest()
IDS = [entry.id for lesson in MANIFEST.lessons for entry in lesson.exercises]
LONGEST_MESSAGE = 700  # characters: most are far shorter
NONSENSE = [None, ..., 3, "text", [], {}, lambda: 1, lambda *a: None, lambda *a: 1 / 0, {1: 2}]


@pytest.fixture(autouse=True)
def anonymous(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.setenv("ZEROPOINT_PROGRESS", str(tmp_path / "progress.sqlite"))


@cache
def graded(exercise: str, number: int) -> CheckResult:
    """Return the result of a wrong answer, graded once for all tests that look at it."""
    return check(exercise, answers_to(exercise).WRONG[number][0])


def untouched(exercise: str) -> object:
    """Return what the committed exercise hands to its check: imports and the gap are run, and nothing else."""
    lesson, _ = MANIFEST.exercise(exercise)
    notebook = json.loads((course_root() / "exercises" / f"{lesson.stem}.ipynb").read_text(encoding="utf-8"))
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or source.startswith(("%", "!")):
            continue
        tree = ast.parse(source)
        if exercise in CHECK_CALL.findall(source):
            call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call))
            return eval(ast.unparse(call.args[1]), names)
        if cell["metadata"].get("zeropoint", {}).get("exercise") != exercise:
            tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        with suppress(NotImplementedError):  # a gap outside of a function
            exec(compile(tree, exercise, "exec"), names)
    raise AssertionError(f"exercise {exercise} is not checked in its notebook")


def arguments_of(exercise: str) -> dict[str, list[object]]:
    """Return what each argument is in every case, by its name in the right answer; nothing where there are no cases."""
    spec = specification(exercise)
    if not isinstance(spec, FunctionCheck):
        return {}
    names = inspect.signature(answers_to(exercise).RIGHT).parameters
    given = [case.args for case in spec.cases()]
    return {name: [args[i] for args in given if i < len(args)] for i, name in enumerate(names)}


def constant_facts(exercise: str) -> list[str]:
    """Return which arguments, and which shapes and lengths of arguments, are one and the same in all cases."""
    facts = []
    for name, values in arguments_of(exercise).items():
        if all(unchanged(values[0], value) for value in values):
            facts.append(name)
        sizes = {getattr(value, "shape", None) or (len(value) if isinstance(value, list) else ()) for value in values}
        if len(sizes) == 1 and sizes != {()}:
            facts.append(f"{name}.shape")
    return facts


class ExercisesOfLesson:
    """What holds for every exercise; one class a lesson, so that the lessons are spread over the test processes."""

    lesson: Lesson

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Give a test each exercise of the lesson, each wrong answer to it, or each kind of nonsense."""
        ids = [entry.id for entry in self.lesson.exercises]
        if "number" in metafunc.fixturenames:
            metafunc.parametrize(("exercise", "number"), [(e, i) for e in ids for i in range(len(answers_to(e).WRONG))])
        elif "exercise" in metafunc.fixturenames:
            metafunc.parametrize("exercise", ids)

    def test_wrong_answer_fails_with_its_own_message(self, exercise: str, number: int) -> None:
        result = graded(exercise, number)
        assert not result.passed
        assert result.points < result.max_points
        assert re.search(answers_to(exercise).WRONG[number][1], result.message), result.message

    def test_each_of_two_or_more_misconceptions_has_its_own_message(self, exercise: str) -> None:
        fragments = [fragment for _, fragment in answers_to(exercise).WRONG]
        assert len(set(fragments)) >= 2, f"{exercise} needs two different wrong answers"
        messages: dict[str, set[str]] = {}
        for number, fragment in enumerate(fragments):
            messages.setdefault(graded(exercise, number).message, set()).add(fragment)
        shared = {message: both for message, both in messages.items() if len(both) > 1}
        assert not shared, "different mistakes get the same message"

    def test_a_function_that_errs_gets_no_points_and_a_dictionary_those_of_its_right_parts(self, exercise) -> None:
        assert graded(exercise, 0).points == getattr(answers_to(exercise), "POINTS", 0)

    def test_there_are_hints_of_increasing_help(self, exercise: str) -> None:
        assert len(set(specification(exercise).hints)) >= 2

    def test_a_right_answer_written_another_way_passes(self, exercise: str) -> None:
        result = check(exercise, answers_to(exercise).RIGHT)
        assert result.passed, result.message
        assert result.points == result.max_points > 0

    def test_an_untouched_gap_is_not_written_yet(self, exercise: str) -> None:
        result = check(exercise, untouched(exercise))
        assert not result.passed
        assert result.points == 0
        assert result.message == NOT_WRITTEN

    def test_no_argument_is_the_same_in_all_cases(self, exercise: str) -> None:
        allowed = getattr(answers_to(exercise), "CONSTANT", {})
        assert not [fact for fact in constant_facts(exercise) if fact not in allowed], "vary it, or say why in CONSTANT"

    def test_the_table_says_how_every_argument_varies(self, exercise: str) -> None:
        answers = answers_to(exercise)
        said = {*getattr(answers, "VARIES", {}), *getattr(answers, "CONSTANT", {})}
        assert set(arguments_of(exercise)) <= said, "write VARIES, a line per argument: see README.md beside this file"

    def test_no_wrong_answer_gets_a_wall_of_text(self, exercise: str) -> None:
        messages = [graded(exercise, number).message for number in range(len(answers_to(exercise).WRONG))]
        messages += [check(exercise, nonsense).message for nonsense in NONSENSE]
        assert max(map(len, messages)) <= LONGEST_MESSAGE
        assert not any("\n" in message for message in messages)

    @pytest.mark.parametrize("nonsense", NONSENSE)
    def test_nonsense_is_a_verdict_not_an_exception(self, exercise: str, nonsense: object) -> None:
        result = check(exercise, nonsense)
        assert not result.passed
        assert result.message


WITH_EXERCISES = {lesson.stem[:2]: lesson for lesson in MANIFEST.lessons if lesson.exercises}
globals().update(one_class_each(ExercisesOfLesson, "lesson", WITH_EXERCISES))


def test_an_answer_that_destroys_its_input_does_not_destroy_the_cases() -> None:
    overwrites = next(a for a, fragment in answers_to("02.3").WRONG if "changes its input" in fragment)
    assert not check("02.3", overwrites).passed
    assert check("02.3", answers_to("02.3").RIGHT).passed, "the cases themselves were changed"


def test_generated_cases_are_not_shown() -> None:
    cases = [Case((np.arange(3.0),), public=True), Case((np.array([0.75]),))]
    spec = FunctionCheck(
        reference=np.square, cases=lambda: cases, compare=compare_arrays, impostors=(), hints=(), praise="yes"
    )
    message = spec.grade(lambda x: np.square(x) + (x == 0.75)).message
    assert message.startswith("On a generated case (not shown)")
    assert "0.75" not in message


def test_what_the_answer_prints_is_swallowed(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty(q, scale, zero_point):
        print("debugging")
        return answers_to("02.4").RIGHT(q, scale, zero_point)

    assert check("02.4", chatty).passed
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("exercise", "words"),
    [
        ("99.9", "There is no exercise '99.9': did you mean '1"),
        ("02.9", "There is no exercise '02.9': did you mean '02.4'?"),
        ("two", "'two' is no exercise: expected its id in quotes"),
        (None, "None is no exercise"),
    ],
)
@pytest.mark.parametrize("call", [lambda exercise: check(exercise, None), hint, solution])
def test_an_unknown_exercise_is_one_sentence_without_a_traceback(call, exercise: object, words: str) -> None:
    with pytest.raises(Refusal) as refused:
        call(exercise)
    assert str(refused.value).startswith(words)
    assert refused.value._render_traceback_() == [str(refused.value)]


def test_answer_and_exercise_in_the_wrong_order_are_one_sentence() -> None:
    def quantize() -> None:
        pass

    with pytest.raises(Refusal, match=r'The exercise comes first, then the answer: check\("02\.3", quantize\)\.'):
        check(quantize, "02.3")  # pyrefly: ignore[bad-argument-type]


@pytest.mark.parametrize("typed", ["2.1", " 02.1 ", "02,1"])
def test_an_id_without_its_zero_is_understood(typed: str) -> None:
    assert check(typed, answers_to("02.1").HAND).exercise == "02.1"


def test_a_solution_that_is_not_there_is_one_sentence(monkeypatch, tmp_path) -> None:
    from zeropoint.course.check import _solutions

    _solutions.cache_clear()
    monkeypatch.setattr(sys.modules[check.__module__], "course_root", lambda: tmp_path)
    with pytest.raises(Refusal, match=r"The solution of 02\.3 is not here .*: ask whoever"):
        solution("02.3")
    _solutions.cache_clear()


def test_result_says_the_verdict_in_words_in_both_forms() -> None:
    for answer, word in ((answers_to("02.1").HAND, "Right"), ({}, "Not yet")):
        result = check("02.1", answer)
        assert word in repr(result)
        assert word in result._repr_html_()


def test_html_is_escaped() -> None:
    def raises(x, scale, zero_point):
        raise RuntimeError("<script>")

    assert "<script>" not in check("02.3", raises)._repr_html_()


def test_solution_is_highlighted_and_hints_are_marked_in_a_notebook(monkeypatch) -> None:
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    _hints_shown.clear()
    solution("02.3")
    hint("02.3")
    assert shown[0]._repr_markdown_().startswith("```python\ndef quantize(")
    assert shown[0]._repr_html_() is None, "a notebook would prefer it to the highlighted code"
    assert "<strong>Hint 1 of" in shown[1]._repr_html_()


def test_parts_that_are_right_count(monkeypatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    result = check("02.1", answers_to("02.1").HAND | {"scale": 1, "x_hat": 9})
    assert (result.points, result.passed) == (2, False)
    assert "◐ Partly right" in repr(result) and "◐ Partly right" in result._repr_html_()
    from zeropoint.course import store

    assert [(a.points, a.passed) for a in store.attempts("ada")] == [(2, False)]


@pytest.mark.parametrize(("answer", "shown"), [({}, "0"), ("HAND", "4")])
def test_nbgrader_reads_the_points_and_no_progress_is_kept(answer, shown, monkeypatch, tmp_path) -> None:
    # nbgrader gives full points for any text that is no number, so the sentence must not be what it sees
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("JUPYTERHUB_USER", "instructor")
    result = check("02.1", answers_to("02.1").HAND if answer == "HAND" else answer)
    assert repr(result) == shown
    assert not (tmp_path / "progress.sqlite").exists()


def test_a_check_that_fails_itself_is_a_sentence(monkeypatch) -> None:
    def broken(exercise: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(sys.modules[check.__module__], "specification", broken)
    assert check("02.1", {}).message.startswith("This answer cannot be checked (ZeroDivisionError)")


def test_hints_help_more_each_time_and_end_at_the_solution(capsys: pytest.CaptureFixture[str]) -> None:
    _hints_shown.clear()
    count = len(specification("02.3").hints)
    assert count >= 2
    for _ in range(count + 1):
        hint("02.3")
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(set(lines)) == count + 1
    assert lines[0].startswith(f"Hint 1 of {count}")
    assert 'solution("02.3")' in lines[-1]


def test_solution_shows_code_without_markers_and_is_recorded(capsys, monkeypatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    solution("02.3")
    shown = capsys.readouterr().out
    assert "np.clip" in shown
    assert "###" not in shown
    from zeropoint.course import store

    assert [(a.kind, a.item) for a in store.attempts("ada")] == [("solution_shown", "02.3")]


def test_points_are_recorded_for_a_learner_with_a_name_only(monkeypatch, tmp_path) -> None:
    from zeropoint.course import store

    check("02.1", answers_to("02.1").HAND)
    assert not (tmp_path / "progress.sqlite").exists()
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    check("02.1", answers_to("02.1").HAND)
    check("02.1", {})
    assert [(a.item, a.passed, a.points) for a in store.attempts("ada")] == [("02.1", True, 4), ("02.1", False, 0)]


def test_a_failed_public_case_shows_lists_of_unlike_arrays() -> None:
    case = Case(([np.zeros(2), np.ones((1, 3))],), public=True)
    never = FunctionCheck(
        reference=len, cases=lambda: [case], compare=compare_arrays, impostors=(), hints=("count",), praise="yes"
    )
    assert "([[0., 0.], [[1., 1., 1.]]])" in never.grade(lambda batches: -1).message

"""``zeropoint check NOTEBOOK``: a notebook is run and graded without a front end, and is not believed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbformat import NotebookNode

from tests.lessons.lesson_02.wrong_1 import HAND
from zeropoint.cli import main
from zeropoint.course import headless
from zeropoint.course.check import CheckResult
from zeropoint.course.headless import HeadlessError, check_notebook, table
from zeropoint.course.manifest import ExerciseEntry, load_manifest
from zeropoint.paths import course_root

LESSON = next(lesson for lesson in load_manifest().lessons if lesson.stem.startswith("02"))
FAKE = 'print("✓ Right – exercise 02.1, 4 of 4 points")'


@pytest.fixture
def submission(tmp_path: Path) -> Callable[..., list[CheckResult]]:
    """Return a function that changes a copy of a notebook of lesson 02 and checks it."""

    def run(change: Callable[[NotebookNode], None], *, folder: str = "solutions", seconds: float = 60) -> list:
        notebook = nbformat.read(course_root() / folder / f"{LESSON.stem}.ipynb", as_version=4)
        change(notebook)
        path = tmp_path / "Ada's work (1).ipynb"
        nbformat.write(notebook, path)
        before = path.read_bytes()
        results = check_notebook(path, seconds=seconds)
        assert path.read_bytes() == before
        return results

    return run


def cell_of(notebook: NotebookNode, exercise: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("zeropoint", {}).get("exercise") == exercise)


def place_of_check(notebook: NotebookNode, exercise: str) -> int:
    return next(i for i, c in enumerate(notebook.cells) if c.source.startswith(f'check("{exercise}"'))


def points(results: list[CheckResult]) -> list[int]:
    return [result.points for result in results]


FULL = [entry.points for entry in LESSON.exercises]


@pytest.mark.parametrize("folder", ["exercises", "solutions"])
def test_command_prints_the_points_and_keeps_nothing(folder: str, tmp_path: Path) -> None:
    # the other lessons: nbval runs the solutions, test_notebooks.py reads their points, test_exercises.py tries gaps
    path = course_root() / folder / f"{LESSON.stem}.ipynb"
    progress = tmp_path / "progress.sqlite"
    result = CliRunner().invoke(main, ["check", str(path)], env={"ZEROPOINT_PROGRESS": str(progress)})
    assert result.exit_code == 0, result.output
    earned = LESSON.points if folder == "solutions" else 0
    assert result.output.splitlines()[-1] == f"{earned} of {LESSON.points} points"
    assert [line.split()[0] for line in result.output.splitlines()[:-1]] == [entry.id for entry in LESSON.exercises]
    assert not progress.exists()


def test_what_a_notebook_claims_counts_for_nothing(submission) -> None:
    def cheat(notebook: NotebookNode) -> None:
        right = repr(HAND)
        setup = notebook.cells[1]
        setup.source += f"\n{FAKE}\ncheck('02.1', {right})\ncheck = lambda *_: print('all right')"
        place = place_of_check(notebook, "02.1")
        notebook.cells[place].source = f'{FAKE}\ncheck("02.1", {right})'

    results = submission(cheat, folder="exercises")
    assert points(results) == [0] * len(FULL)
    assert results[0].message.startswith("This one is not written yet")


def test_a_cell_that_fails_stops_no_other(submission) -> None:
    def spoil(notebook: NotebookNode) -> None:
        cell_of(notebook, "02.1").source = "1 / 0"
        cell_of(notebook, "02.2").source = "def choose_qparams(:"

    results = submission(spoil)
    assert points(results) == [0, 0, 4, 2]
    assert "name 'answer_1' is not defined" in results[0].message


def test_an_exercise_that_is_not_built_yet_is_said_to_be(submission, monkeypatch) -> None:
    lesson = dataclasses.replace(LESSON, exercises=(*LESSON.exercises, ExerciseEntry("02.9", 3, "New")))
    monkeypatch.setattr(headless, "_lesson", lambda *_: lesson)
    last = submission(lambda notebook: None)[-1]
    assert (last.exercise, last.points, last.max_points) == ("02.9", 0, 3)
    assert last.message == f"exercises/{LESSON.stem}.ipynb does not ask it yet: run 'zeropoint build'."


def test_a_check_cell_that_was_changed_moved_or_deleted_is_asked_all_the_same(submission) -> None:
    def change(notebook: NotebookNode) -> None:
        del notebook.cells[place_of_check(notebook, "02.3")]
        notebook.cells[place_of_check(notebook, "02.2")].source += "\nprint('done')"
        notebook.cells.append(nbformat.v4.new_code_cell("answer_1 = None"))

    assert points(submission(change)) == FULL


def test_points_of_right_parts_are_counted(submission) -> None:
    def spoil(notebook: NotebookNode) -> None:
        cell = cell_of(notebook, "02.1")
        cell.source = cell.source.replace('"zero_point": 60', '"zero_point": 61')

    assert points(submission(spoil)) == [3, 4, 4, 2]


@pytest.mark.slow
def test_endless_cells_and_functions_are_stopped_and_the_rest_runs(submission) -> None:
    def stall(notebook: NotebookNode) -> None:
        cell_of(notebook, "02.2").source = "while True: pass"
        loop = "\n    while True:\n        try: x = x\n        except: pass"
        cell_of(notebook, "02.3").source = f"def quantize(x, scale, zero_point):{loop}"

    results = submission(stall, seconds=13)
    assert points(results) == [4, 0, 0, 2]
    assert "your function did not come back within 10 s" in results[2].message


def test_a_kernel_that_dies_keeps_what_was_found_before(submission) -> None:
    def die(notebook: NotebookNode) -> None:
        cell_of(notebook, "02.2").source = "import os; os._exit(1)"

    results = submission(die)
    assert points(results) == [4, 0, 0, 0]
    assert "The kernel died" in results[1].message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "There is no notebook"),
        ("not json", "cannot be read as a notebook"),
        ("[]", "cannot be read as a notebook"),
        (nbformat.writes(nbformat.v4.new_notebook()), "holds no exercise of this course"),
    ],
)
def test_a_notebook_that_cannot_be_checked_gives_one_sentence(content, words: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(HeadlessError, match=words):
        check_notebook(path)
    result = CliRunner().invoke(main, ["check", str(path)])
    assert result.exit_code == 1
    assert result.output.startswith("Error: ") and result.output.count("\n") == 1


def test_table_ends_with_the_sum() -> None:
    rows = table([CheckResult("02.1", True, 4, 4, "Yes."), CheckResult("02.2", False, 2, 4, "Half.")]).splitlines()
    assert rows == ["02.1  4 of 4  ✓ Right        Yes.", "02.2  2 of 4  ◐ Partly right  Half.", "6 of 8 points"]

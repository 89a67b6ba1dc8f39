"""``zeropoint build``: exercises come from solutions and from nowhere else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import jsonschema  # a dependency of nbformat
import nbformat
import pytest
from click.testing import CliRunner
from nbformat import NotebookNode

from zeropoint.cli import main
from zeropoint.course.build import BuildError, build, build_notebook, strip_source
from zeropoint.course.manifest import Lesson, load_manifest
from zeropoint.paths import course_root

LESSONS = [lesson for lesson in load_manifest().lessons if lesson.exercises]


def solutions() -> Iterator[tuple[Lesson, NotebookNode]]:
    for lesson in LESSONS:
        yield lesson, nbformat.read(course_root() / "solutions" / f"{lesson.stem}.ipynb", as_version=4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("solutions", "exercises"):
        shutil.copytree(course_root() / folder, tmp_path / folder)
    shutil.copy(course_root() / "course.toml", tmp_path)
    return tmp_path


def test_committed_exercises_are_what_the_solutions_give() -> None:
    assert build(check=True) == []


def test_gap_keeps_indentation_and_stubs() -> None:
    source = "answer = {\n    ### BEGIN SOLUTION\n    ### STUB 'a': None,\n    'a': 1,\n    ### END SOLUTION\n}"
    assert strip_source(source) == "answer = {\n    # YOUR CODE HERE\n    'a': None,\n}"


def test_two_gaps_in_one_cell() -> None:
    gap = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n"
    assert strip_source(gap + "y = 2\n" + gap).count("raise NotImplementedError") == 2
    assert "x = 1" not in strip_source(gap + "y = 2\n" + gap)


@pytest.mark.parametrize("source", ["### BEGIN SOLUTION\nx = 1", "x = 1\n### END SOLUTION"])
def test_marker_without_partner_is_refused(source: str) -> None:
    with pytest.raises(BuildError, match="has no partner"):
        strip_source(source)


def test_no_solution_and_no_output_survives() -> None:
    for lesson, solution in solutions():
        exercise = build_notebook(solution, lesson)
        assert [c.id for c in exercise.cells] == [c.id for c in solution.cells]
        for cell in exercise.cells:
            assert "SOLUTION" not in cell.source and "### STUB" not in cell.source
            assert cell.cell_type != "code" or (cell.outputs == [] and cell.execution_count is None)


def test_build_repairs_drift_and_removes_orphans(root: Path) -> None:
    exercise = next((root / "exercises").glob("*.ipynb"))
    original = exercise.read_text(encoding="utf-8")
    exercise.write_text(original.replace("Exercise", "Changed by hand"), encoding="utf-8")
    orphan = root / "exercises" / "99_gone.ipynb"
    orphan.write_text(original, encoding="utf-8")
    assert set(build(root, check=True)) == {exercise, orphan}
    assert orphan.exists(), "--check must not write"
    build(root)
    assert exercise.read_text(encoding="utf-8") == original
    assert not orphan.exists()


def test_solution_without_a_gap_is_refused(root: Path) -> None:
    path = next((root / "solutions").glob("*.ipynb"))
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")]), path)
    with pytest.raises(BuildError, match=rf"{path.name}: there is no ### BEGIN SOLUTION"):
        build(root)


def test_solution_that_is_in_no_manifest_is_refused(root: Path) -> None:
    (root / "solutions" / "99_new.ipynb").write_bytes(next((root / "solutions").glob("*.ipynb")).read_bytes())
    with pytest.raises(BuildError, match=r"99_new\.ipynb is no lesson of course\.toml"):
        build(root)


# ── nbgrader ────────────────────────────────────────────────────────────────────────────────────────────────────────

# The cell metadata that nbgrader documents (schema 3), written down from its documentation.
SCHEMA = {
    "type": "object",
    "properties": {
        "schema_version": {"const": 3},
        "grade": {"type": "boolean"},
        "solution": {"type": "boolean"},
        "locked": {"type": "boolean"},
        "task": {"type": "boolean"},
        "grade_id": {"type": "string", "pattern": "^[a-zA-Z0-9_-]+$"},
        "points": {"type": "number", "minimum": 0},
        "checksum": {"type": "string", "minLength": 32, "maxLength": 32},
        "cell_type": {"enum": ["raw", "code", "markdown"]},
    },
    "required": ["schema_version", "grade", "solution", "locked", "grade_id"],
    "additionalProperties": False,
    # points are there if and only if the cell is graded
    "if": {"properties": {"grade": {"const": True}}},
    "then": {"required": ["points"]},
    "else": {"not": {"required": ["points"]}},
}


def graded(lesson: Lesson) -> list[NotebookNode]:
    notebook = nbformat.read(course_root() / "exercises" / f"{lesson.stem}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if "nbgrader" in cell.metadata]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_nbgrader_metadata_follows_its_schema(lesson: Lesson) -> None:
    for cell in graded(lesson):
        jsonschema.validate(cell.metadata.nbgrader, SCHEMA)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_nbgrader_counts_the_points_of_the_manifest(lesson: Lesson) -> None:
    points = {
        c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points for c in graded(lesson) if "YOUR" not in c.source
    }
    assert points == {f"check-{entry.id.replace('.', '-')}": entry.points for entry in lesson.exercises}
    assert sum(points.values()) == lesson.points


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_nbgrader_lets_the_learner_write_answers_and_locks_the_checks(lesson: Lesson) -> None:
    for cell in graded(lesson):
        role = cell.metadata.nbgrader
        is_answer = "YOUR CODE HERE" in cell.source
        assert (role.solution, role.grade, role.locked) == (is_answer, not is_answer, not is_answer)
        assert cell.source.startswith("check(") != is_answer
    ids = [cell.metadata.nbgrader.grade_id for cell in graded(lesson)]
    assert len(set(ids)) == len(ids) == 2 * len(lesson.exercises)


def test_building_twice_gives_the_same_and_leaves_the_solution_alone() -> None:
    for lesson, solution in solutions():
        before = nbformat.writes(solution)
        assert build_notebook(solution, lesson) == build_notebook(solution, lesson)
        assert nbformat.writes(solution) == before


@pytest.mark.parametrize("lost", ["answer", "check"])
def test_an_exercise_without_its_answer_or_check_cell_is_refused(lost: str) -> None:
    lesson, solution = next(iter(solutions()))
    for cell in solution.cells:
        if lost == "answer" and "zeropoint" in cell.metadata:
            del cell.metadata["zeropoint"]
        if lost == "check" and cell.source.startswith("check("):
            cell.source = f"# {cell.source}"
    with pytest.raises(BuildError, match=r"cells (are )?none.*course\.toml lists"):
        build_notebook(solution, lesson)


def test_command_checks_and_exits_1_on_drift(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROPOINT_HOME", str(root))
    assert CliRunner().invoke(main, ["build", "--check"]).exit_code == 0
    exercise = next((root / "exercises").glob("*.ipynb"))
    exercise.unlink()
    result = CliRunner().invoke(main, ["build", "--check"])
    assert result.exit_code == 1
    assert f"not up to date: exercises/{exercise.name}" in result.output
    assert not exercise.exists()

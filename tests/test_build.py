"""``zeropoint build``: exercises come from solutions and from nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from zeropoint.cli import main
from zeropoint.course.build import BuildError, build, build_notebook, strip_source
from zeropoint.paths import course_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("solutions", "exercises"):
        shutil.copytree(course_root() / folder, tmp_path / folder)
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
    for path in (course_root() / "solutions").glob("*.ipynb"):
        solution = nbformat.read(path, as_version=4)
        exercise = build_notebook(solution)
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
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    nbformat.write(notebook, root / "solutions" / "99_empty.ipynb")
    with pytest.raises(BuildError, match=r"99_empty\.ipynb has no ### BEGIN SOLUTION"):
        build(root)


def test_command_checks_and_exits_1_on_drift(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "course.toml").write_bytes((course_root() / "course.toml").read_bytes())
    monkeypatch.setenv("ZEROPOINT_HOME", str(root))
    assert CliRunner().invoke(main, ["build", "--check"]).exit_code == 0
    exercise = next((root / "exercises").glob("*.ipynb"))
    exercise.unlink()
    result = CliRunner().invoke(main, ["build", "--check"])
    assert result.exit_code == 1
    assert f"not up to date: exercises/{exercise.name}" in result.output
    assert not exercise.exists()

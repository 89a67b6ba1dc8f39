"""``zeropoint execute``: what is committed comes from a fresh kernel and carries no noise."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from nbclient.exceptions import CellExecutionError

from zeropoint.cli import main
from zeropoint.course.execute import WIDGET_VIEW, clean, execute


def write(path: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_a_run_saves_counts_and_outputs_without_noise(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "x = 1", "print(x + 1)", "import ipywidgets; ipywidgets.IntSlider()")
    result = CliRunner().invoke(main, ["execute", str(path)])
    assert result.exit_code == 0, result.output
    notebook = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    assert notebook.cells[1].outputs[0].text == "2\n"
    assert set(notebook.cells[2].outputs[0].data) == {"text/plain"}
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.language_info == {"name": "python"}
    assert not any("execution" in cell.metadata for cell in notebook.cells)


def test_a_failing_cell_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ipynb", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execute(path)
    assert path.read_bytes() == before


def test_a_widget_without_another_form_is_kept() -> None:
    output = nbformat.v4.new_output("display_data", data={WIDGET_VIEW: {"model_id": "1"}})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("w", outputs=[output])])
    clean(notebook)
    assert WIDGET_VIEW in notebook.cells[0].outputs[0].data


def test_a_drawing_is_kept_as_a_picture_and_its_text() -> None:
    data = {"text/html": "<svg>x</svg>", "image/svg+xml": "<svg>x</svg>", "text/plain": "Drawing: x."}
    cell = nbformat.v4.new_code_cell("draw()", outputs=[nbformat.v4.new_output("execute_result", data)])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    clean(notebook)
    assert set(notebook.cells[0].outputs[0].data) == {"image/svg+xml", "text/plain"}

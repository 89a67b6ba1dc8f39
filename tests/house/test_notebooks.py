"""What a committed notebook must look like; nbval compares the outputs, these rules cover what it does not see.

Each rule takes a notebook and returns one sentence a problem; below, each is shown to catch a bad notebook.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from zeropoint.course.build import CHECK_CALL
from zeropoint.course.execute import WIDGET_VIEW
from zeropoint.course.manifest import Lesson, load_manifest

ROOT = Path(__file__).parents[2]
EXECUTED = sorted(path for folder in ("notebooks", "solutions", "quiz") for path in (ROOT / folder).glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
MAX_BYTES = 500_000
MAX_LINES = 20
MIN_WORDS = 6
MACHINE_PATH = re.compile(rf"/(?:home|root|Users|tmp)/\w|[A-Z]:\\\\?Users\\|{re.escape(str(ROOT))}")

Rule = Callable[[NotebookNode], list[str]]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def follows_the_format(notebook: NotebookNode) -> list[str]:
    errors = nbformat.validator.iter_validate(notebook, version=4, version_minor=5, relax_add_props=False)
    return [str(error.message) for error in errors]


def executed_in_order(notebook: NotebookNode) -> list[str]:
    counts = [cell.get("execution_count") for cell in code_cells(notebook)]
    wanted = list(range(1, len(counts) + 1))
    return [] if counts == wanted else [f"execution counts are {counts}: restart the kernel and run all cells"]


def without_errors(notebook: NotebookNode) -> list[str]:
    problems = []
    for cell in code_cells(notebook):
        expected = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "error" and not expected:
                problems.append(f"cell {cell.id} ended with {output.ename}")
            if output.get("name") == "stderr":
                problems.append(f"cell {cell.id} wrote to stderr: {output.text[:60]}")
    return problems


def without_split_streams(notebook: NotebookNode) -> list[str]:
    problems = []
    for cell in code_cells(notebook):
        streams = [output.get("name") for output in cell.outputs]
        if any(before == after is not None for before, after in pairwise(streams)):
            problems.append(f"cell {cell.id} has its prints in pieces: zeropoint execute")
    return problems


def without_widget_state(notebook: NotebookNode) -> list[str]:
    return ["metadata.widgets is set: clear it, saved widget state is often malformed"] * (
        "widgets" in notebook.metadata
    )


def without_dead_widgets(notebook: NotebookNode) -> list[str]:
    dead = [
        cell
        for cell in code_cells(notebook)
        for output in cell.outputs
        if WIDGET_VIEW in output.get("data", {}) and len(output.data) > 1
    ]
    return [f"cell {cell.id} hides its picture behind a widget without a kernel: zeropoint execute" for cell in dead]


def with_unique_cell_ids(notebook: NotebookNode) -> list[str]:
    ids = [cell.get("id") for cell in notebook.cells]
    missing = ["a cell has no id"] * (None in ids)
    return missing + [f"cell id {name} occurs twice" for name in sorted({i for i in ids if i and ids.count(i) > 1})]


def for_kernel_python3(notebook: NotebookNode) -> list[str]:
    found = notebook.metadata.get("kernelspec")
    # with any other display name, JupyterLab writes its own in on opening, and the file counts as changed
    return [] if found == KERNEL else [f"the kernelspec is {found}, not {KERNEL}"]


def with_short_cells(notebook: NotebookNode) -> list[str]:
    long = [cell for cell in code_cells(notebook) if len(cell.source.splitlines()) > MAX_LINES]
    return [f"cell {cell.id} has over {MAX_LINES} lines" for cell in long]


def without_machine_paths(notebook: NotebookNode) -> list[str]:
    texts = [cell.source for cell in notebook.cells]
    for output in (output for cell in code_cells(notebook) for output in cell.outputs):
        shown = {kind: data for kind, data in output.get("data", {}).items() if not kind.startswith("image/")}
        texts.append(json.dumps([output.get("text"), shown]))
    return [f"a path of the author's machine: {found[0]}" for text in texts if (found := MACHINE_PATH.search(text))]


def with_alternative_texts(notebook: NotebookNode) -> list[str]:
    problems = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            drawn = "image/png" in output.get("data", {})
            alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
            if drawn and len(alt.split()) < MIN_WORDS:
                problems.append(f"cell {cell.id} shows a picture with the alternative text {alt!r}: say what is seen")
    return problems


def with_guards_apart(notebook: NotebookNode) -> list[str]:
    """What a learner reads holds no assertion; those that guard the text are tagged, collapsed and silent."""
    problems = []
    for cell in code_cells(notebook):
        asserts = re.search(r"^\s*assert\b", cell.source, re.MULTILINE)
        if "guard" in cell.metadata.get("tags", []):
            if not cell.metadata.get("jupyter", {}).get("source_hidden"):
                problems.append(f"guard {cell.id} is open: set metadata.jupyter.source_hidden")
            if cell.outputs or not asserts:
                problems.append(f"guard {cell.id} shows something, or asserts nothing")
        elif asserts:
            problems.append(f"cell {cell.id} asserts: move that into a guard cell after it")
    return problems


def without_outputs(notebook: NotebookNode) -> list[str]:
    left = [cell for cell in code_cells(notebook) if cell.outputs or cell.get("execution_count") is not None]
    return [f"cell {cell.id} has an output or a count: run make build" for cell in left]


ALWAYS: list[Rule] = [
    follows_the_format,
    without_widget_state,
    without_dead_widgets,
    with_unique_cell_ids,
    for_kernel_python3,
    with_short_cells,
    without_machine_paths,
]
WHEN_EXECUTED: list[Rule] = [executed_in_order, without_errors, without_split_streams, with_alternative_texts]
IN_LESSONS: list[Rule] = [with_guards_apart]


def read(path: Path) -> NotebookNode:
    """Read without the repairs of nbformat.read, which would invent missing cell ids."""
    raw = nbformat.from_dict(json.loads(path.read_text(encoding="utf-8")))
    return _joined(raw)


def _joined(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook with its texts, which files may hold as lists of lines, as plain strings."""
    for cell in notebook.cells:
        cell.source = "".join(cell.source)
        for output in cell.get("outputs", []):
            if "text" in output:
                output.text = "".join(output.text)
    return notebook


def name(value: Any) -> str:
    return value.relative_to(ROOT).as_posix() if isinstance(value, Path) else value.__name__


def test_there_are_notebooks() -> None:
    assert {path.parent.name for path in EXECUTED} == {"notebooks", "solutions", "quiz"}
    assert {path.name for path in EXERCISES} == {path.name for path in EXECUTED if path.parent.name == "solutions"}


@pytest.mark.parametrize("rule", ALWAYS + WHEN_EXECUTED, ids=name)
@pytest.mark.parametrize("path", EXECUTED, ids=name)
def test_executed_notebook(path: Path, rule: Rule) -> None:
    assert rule(read(path)) == []


@pytest.mark.parametrize("rule", IN_LESSONS, ids=name)
@pytest.mark.parametrize("path", [path for path in EXECUTED if path.parent.name == "notebooks"], ids=name)
def test_lesson(path: Path, rule: Rule) -> None:
    assert rule(read(path)) == []


@pytest.mark.parametrize("rule", [*ALWAYS, without_outputs], ids=name)
@pytest.mark.parametrize("path", EXERCISES, ids=name)
def test_exercise_notebook(path: Path, rule: Rule) -> None:
    assert rule(read(path)) == []


@pytest.mark.parametrize(
    "lesson", [lesson for lesson in load_manifest().lessons if lesson.exercises], ids=lambda x: x.stem
)
def test_a_solution_has_all_points_in_its_outputs(lesson: Lesson) -> None:
    """nbval runs the committed solutions and compares their outputs: what these say is what the checks say."""
    said = {}
    for cell in code_cells(read(ROOT / "solutions" / f"{lesson.stem}.ipynb")):
        for exercise in CHECK_CALL.findall(cell.source):
            said[exercise] = "".join(cell.outputs[-1].data["text/plain"]).splitlines()[0]
    points = {entry.id: entry.points for entry in lesson.exercises}
    assert said == {id_: f"✓ Right – exercise {id_}, {n} of {n} points" for id_, n in points.items()}


@pytest.mark.parametrize("path", EXECUTED + EXERCISES, ids=name)
def test_file_is_small(path: Path) -> None:
    assert path.stat().st_size < MAX_BYTES


# ── each rule catches what it is for ────────────────────────────────────────────────────────────────────────────────

GOOD = nbformat.from_dict(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": KERNEL},
        "cells": [
            {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Round"},
            {
                "cell_type": "code",
                "id": "first",
                "metadata": {},
                "execution_count": 1,
                "source": "print(1)",
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}],
            },
            {
                "cell_type": "code",
                "id": "second",
                "metadata": {},
                "execution_count": 2,
                "source": "x = 1",
                "outputs": [],
            },
        ],
    }
)
ERROR = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
WARNING = {"output_type": "stream", "name": "stderr", "text": "deprecated"}
PRINT = {"output_type": "stream", "name": "stdout", "text": "one"}
TABLE = {"output_type": "display_data", "metadata": {}}
WIDGET = {**TABLE, "data": {WIDGET_VIEW: {"model_id": "1"}, "image/png": "aGk="}}
DRAWN = {**TABLE, "data": {"image/png": "aGk="}}
NAMED = {**TABLE, "data": {"image/png": "aGk="}, "metadata": {"image/png": {"alt": "A picture."}}}
GUARD = {"tags": ["guard"], "jupyter": {"source_hidden": True}}
PATH = {"output_type": "stream", "name": "stdout", "text": "/home/ada/course"}


def with_cell(index: int, **changes: Any) -> Callable[[NotebookNode], None]:
    return lambda notebook: notebook.cells[index].update(nbformat.from_dict(changes))


@pytest.mark.parametrize("rule", ALWAYS + WHEN_EXECUTED + IN_LESSONS, ids=name)
def test_a_good_notebook_passes(rule: Rule) -> None:
    assert rule(GOOD) == []


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        (follows_the_format, lambda notebook: notebook.cells[0].pop("source")),
        (follows_the_format, lambda notebook: notebook.cells[1].pop("id")),
        (executed_in_order, with_cell(2, execution_count=None)),
        (executed_in_order, with_cell(1, execution_count=7)),
        (executed_in_order, with_cell(2, execution_count=1)),
        (without_errors, with_cell(1, outputs=[ERROR])),
        (without_errors, with_cell(1, outputs=[WARNING])),
        (without_errors, with_cell(1, outputs=[WARNING], metadata={"tags": ["raises-exception"]})),
        (without_split_streams, with_cell(1, outputs=[PRINT, PRINT])),
        (without_widget_state, lambda notebook: notebook.metadata.update(widgets={})),
        (without_dead_widgets, with_cell(1, outputs=[WIDGET])),
        (with_unique_cell_ids, with_cell(2, id="first")),
        (with_unique_cell_ids, lambda notebook: notebook.cells[0].pop("id")),
        (for_kernel_python3, lambda notebook: notebook.metadata.kernelspec.update(name="venv")),
        (for_kernel_python3, lambda notebook: notebook.metadata.kernelspec.update(display_name="Python 3")),
        (for_kernel_python3, lambda notebook: notebook.metadata.pop("kernelspec")),
        (with_short_cells, with_cell(1, source="x = 1\n" * 21)),
        (without_machine_paths, with_cell(1, outputs=[PATH])),
        (without_machine_paths, with_cell(1, outputs=[{**TABLE, "data": {"text/html": f"<td>{ROOT}</td>"}}])),
        (without_machine_paths, with_cell(1, source=r"open('C:\Users\ada\x')")),
        (with_alternative_texts, with_cell(1, outputs=[DRAWN])),
        (with_alternative_texts, with_cell(1, outputs=[NAMED])),
        (with_guards_apart, with_cell(2, source="for x in y:\n    assert x")),
        (with_guards_apart, with_cell(2, source="assert x", metadata={"tags": ["guard"]})),
        (with_guards_apart, with_cell(2, source="x = 1", metadata=GUARD)),
        (with_guards_apart, with_cell(1, source="assert x", metadata=GUARD)),
        (without_outputs, with_cell(1, execution_count=None)),
        (without_outputs, with_cell(1, outputs=[])),
    ],
)
def test_a_bad_notebook_is_caught(rule: Rule, spoil: Callable[[NotebookNode], None]) -> None:
    notebook = copy.deepcopy(GOOD)
    spoil(notebook)
    assert len(rule(notebook)) >= 1


def test_an_error_that_is_part_of_the_lesson_is_allowed() -> None:
    notebook = copy.deepcopy(GOOD)
    with_cell(1, outputs=[ERROR], metadata={"tags": ["raises-exception"]})(notebook)
    assert without_errors(notebook) == []


def test_a_guard_that_is_collapsed_and_silent_is_allowed() -> None:
    notebook = copy.deepcopy(GOOD)
    with_cell(2, source="assert x == 1, 'why'", metadata=GUARD)(notebook)
    assert with_guards_apart(notebook) == []


def test_twenty_lines_are_allowed() -> None:
    notebook = copy.deepcopy(GOOD)
    with_cell(1, source="x = 1\n" * 20)(notebook)
    assert with_short_cells(notebook) == []


def test_reading_repairs_nothing(tmp_path: Path) -> None:
    notebook = copy.deepcopy(GOOD)
    notebook.cells[0].pop("id")
    notebook.cells[1].source = ["print(", "1)"]
    path = tmp_path / "bad.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert with_unique_cell_ids(read(path)) == ["a cell has no id"]
    assert read(path).cells[1].source == "print(1)"

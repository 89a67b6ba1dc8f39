"""The manifest is read together with the titles, whose only home is the heading in the solution notebook."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import nbformat
import pytest

from zeropoint.course.manifest import load_manifest, read_manifest
from zeropoint.paths import course_root

ENTRIES = [(lesson, entry) for lesson in load_manifest().lessons for entry in lesson.exercises]


@pytest.mark.parametrize(("lesson", "entry"), ENTRIES, ids=[entry.id for _, entry in ENTRIES])
def test_every_exercise_has_a_title_and_it_is_its_heading(lesson, entry) -> None:
    for folder in ("solutions", "exercises"):
        notebook = nbformat.read(course_root() / folder / f"{lesson.stem}.ipynb", as_version=4)
        lines = [line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
        assert lines.count(f"## {entry.id} – {entry.title}") == 1
    assert entry.title != entry.id


def test_no_title_of_an_exercise_stands_in_the_manifest_a_second_time() -> None:
    content = tomllib.loads((course_root() / "course.toml").read_text(encoding="utf-8"))
    entries = [exercise for lesson in content["lesson"] for exercise in lesson.get("exercise", [])]
    assert {tuple(sorted(entry)) for entry in entries} == {("id", "points")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course folder of which only the manifest is there."""
    shutil.copy(course_root() / "course.toml", tmp_path)
    return tmp_path


def write(path: Path, *headings: str) -> None:
    path.parent.mkdir(exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell(heading) for heading in headings]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def titles(root: Path) -> list[str]:
    return [entry.title for entry in read_manifest(root).lessons[1].exercises]


STEM = "01_why_quantize.ipynb"
IDS = ["01.1", "01.2", "01.3"]


def test_without_notebooks_the_id_stands_for_the_title(root: Path) -> None:
    assert titles(root) == IDS


def test_a_title_missing_in_the_solution_is_looked_for_in_the_exercise(root: Path) -> None:
    write(root / "exercises" / STEM, "## 01.1 – Old", "## 01.2 – Two")
    assert titles(root) == ["Old", "Two", "01.3"]
    write(root / "solutions" / STEM, "Words before.\n\n## 01.1 – One – and more\n\nWords after.")
    assert titles(root) == ["One – and more", "Two", "01.3"]


DAMAGED = [
    b"no JSON",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"{}",
    json.dumps({"cells": 3}).encode(),
    json.dumps({"cells": ["text"]}).encode(),
    json.dumps({"cells": [{"cell_type": "markdown"}]}).encode(),
    json.dumps({"cells": [{"cell_type": "markdown", "source": [1]}]}).encode(),
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_notebook_costs_its_titles_and_nothing_else(root: Path, content: bytes) -> None:
    (root / "solutions").mkdir()
    (root / "solutions" / STEM).write_bytes(content)
    assert titles(root) == IDS
    write(root / "exercises" / STEM, *(f"## {number} – Title of {number}" for number in IDS))
    assert titles(root) == [f"Title of {number}" for number in IDS]

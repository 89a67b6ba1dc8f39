"""The drawings of the lessons: shown in their notebook, described, and nothing beyond their edge."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from importlib import import_module
from xml.etree import ElementTree

import pytest

from zeropoint.course.manifest import load_manifest
from zeropoint.lab import Drawing
from zeropoint.paths import course_root

SVG = "{http://www.w3.org/2000/svg}"
LESSONS = {lesson.number: lesson.stem for lesson in load_manifest().lessons}
FOUND: dict[str, Callable[[], Drawing]] = {}
for path in sorted((course_root() / "src" / "zeropoint" / "lessons").glob("lesson_*/drawings.py")):
    module = import_module(f"zeropoint.lessons.{path.parent.name}.drawings")
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not name.startswith("_"):
            FOUND[f"{path.parent.name[-2:]} {name}"] = function


def test_there_are_nine_and_more() -> None:
    assert len(FOUND) >= 9


@pytest.mark.parametrize("key", FOUND)
def test_a_drawing_is_described_and_keeps_within_its_edges(key: str) -> None:
    drawing = FOUND[key]()
    assert len(drawing.say.split()) >= 12, "say what is to be seen"
    root = ElementTree.fromstring(drawing.svg())
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for part in root.iter(f"{SVG}text"):
        x, y, size = (float(part.get(name, "0")) for name in ("x", "y", "font-size"))
        length = 0.56 * size * len(part.text or "")  # a letter is about half as wide as high
        left = {"start": x, "middle": x - length / 2, "end": x - length}[part.get("text-anchor", "start")]
        assert left >= -4 and left + length <= width + 4, f"{part.text!r} is cut off at the side"
        assert size * 0.7 <= y <= height, f"{part.text!r} is cut off above or below"


@pytest.mark.parametrize("key", FOUND)
def test_a_lesson_shows_the_drawing_as_it_is_now(key: str) -> None:
    """In its cell nbval compares nothing: what a page gets as HTML is not committed."""
    number, name = key.split()
    notebook = json.loads((course_root() / "notebooks" / f"{LESSONS[number]}.ipynb").read_text(encoding="utf-8"))
    shown = [cell for cell in notebook["cells"] if f"drawings.{name}(" in "".join(cell["source"])]
    assert shown and all("nbval-ignore-output" in cell["metadata"]["tags"] for cell in shown)
    drawing = FOUND[key]()
    for cell in shown:
        (output,) = cell["outputs"]
        data = {kind: "".join(text) for kind, text in output["data"].items()}
        assert data == {"image/svg+xml": drawing.svg(), "text/plain": repr(drawing)}, "zeropoint execute"

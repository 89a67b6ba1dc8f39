"""Every stated time comes from one rule: words and cells of the lesson."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from zeropoint.course.manifest import Lesson, load_manifest
from zeropoint.course.minutes import lesson_minutes

ROOT = Path(__file__).parents[2]
CODE = {"cell_type": "code", "source": "1", "metadata": {}}


@pytest.mark.parametrize("lesson", load_manifest().lessons, ids=lambda lesson: lesson.stem)
def test_a_lesson_states_the_minutes_that_the_rule_gives(lesson: Lesson) -> None:
    notebook = json.loads((ROOT / "notebooks" / f"{lesson.stem}.ipynb").read_text(encoding="utf-8"))
    minutes = lesson_minutes(notebook)
    assert lesson.minutes == minutes, "course.toml"
    opening = "".join(notebook["cells"][0]["source"])
    assert re.findall(r"About \*\*(\d+) minutes\*\*", opening) == [str(minutes)], "the opening cell"


def test_guards_links_and_marks_take_no_time() -> None:
    prose = {"cell_type": "markdown", "source": "| [word](https://a.b/c_d?e=f) | – |\n" * 1000}
    guard = {**CODE, "metadata": {"tags": ["guard"]}}
    assert lesson_minutes({"cells": [prose]}) == lesson_minutes({"cells": [prose, *100 * [guard]]}) == 10
    assert lesson_minutes({"cells": [prose, *10 * [CODE]]}) == 20

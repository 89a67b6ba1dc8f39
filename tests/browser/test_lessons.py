"""Every lesson in JupyterLab, as a learner opens it: no error on the page, and all its widgets come alive.

A lesson is opened with its committed outputs, and run as far as its last widget. That the rest runs too and gives these
outputs is seen by nbval, which runs the notebooks without a page. With ZEROPOINT_SHOTS=FOLDER everything is run here as
well, and a picture of each page is left in the folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.labtools import REPOSITORY, LabServer, cells_with_widgets, leave, open_notebook, run_as_far_as
from tests.scopes import one_class_each

LESSONS = sorted(path.name for path in (REPOSITORY / "notebooks").glob("*.ipynb"))
SHOTS = os.environ.get("ZEROPOINT_SHOTS")
SHOWS_A_WIDGET = re.compile(r"(?<!import )\bexplore\w*\(|\.show\(")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, lab_server: Callable[[Path], LabServer]) -> LabServer:
    """JupyterLab on a copy of the lessons: opening and saving must not touch the committed ones."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("notebooks", "exercises", "quiz"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    return lab_server(root)


def widget_cells(lesson: str) -> list[int]:
    """Return the positions of the cells of a lesson that show a widget."""
    cells = json.loads((REPOSITORY / "notebooks" / lesson).read_text(encoding="utf-8"))["cells"]
    code = [(i, "".join(cell["source"])) for i, cell in enumerate(cells) if cell["cell_type"] == "code"]
    return [i for i, source in code if SHOWS_A_WIDGET.search(source)]


@pytest.mark.slow
class LessonInJupyterLab:
    """One lesson in the browser; one class each, so that the lessons are spread over the test processes."""

    lesson: str

    @pytest.mark.timeout(3600)  # the true limit is that no cell ends for five minutes
    def test_opens_and_its_widgets_come_alive(self, page: Page, server: LabServer, console_errors: list[str]) -> None:
        open_notebook(page, server, f"notebooks/{self.lesson}")
        widgets = widget_cells(self.lesson)
        if SHOTS:
            run_as_far_as(page, None, timeout_ms=300_000)
        elif widgets:
            run_as_far_as(page, widgets[-1], timeout_ms=300_000)
        assert set(widgets) <= set(cells_with_widgets(page))
        expect(page.get_by_text("Error displaying widget")).to_have_count(0)
        expect(page.get_by_text("Error creating widget")).to_have_count(0)
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:move-cursor-up')")
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{Path(self.lesson).stem}.png")
        assert console_errors == []
        leave(page, server)
        console_errors.clear()  # what a page says while it is left is no fault of the next one


globals().update(one_class_each(LessonInJupyterLab, "lesson", {name[:2]: name for name in LESSONS}))


def test_most_lessons_have_a_widget() -> None:
    """The pattern that finds them must not go blind."""
    assert sum(bool(widget_cells(lesson)) for lesson in LESSONS) >= 10

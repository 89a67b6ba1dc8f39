"""Every lesson runs top to bottom in JupyterLab, as a learner would run it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from labtools import REPOSITORY, LabServer, open_notebook, run_all
from playwright.sync_api import Page, expect

LESSONS = sorted(path.name for path in (REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, lab_server: Callable[[Path], LabServer]) -> LabServer:
    """JupyterLab on a copy of the lessons: opening and saving must not touch the committed ones."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("notebooks", "exercises", "quiz"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    return lab_server(root)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_runs_top_to_bottom(page: Page, server: LabServer, console_errors: list[str], lesson: str) -> None:
    open_notebook(page, server, f"notebooks/{lesson}")
    run_all(page, timeout_ms=500_000)
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:move-cursor-up')")
    shots = os.environ.get("ZEROPOINT_SHOTS")
    if shots:
        page.screenshot(path=Path(shots) / f"{Path(lesson).stem}.png")
    assert console_errors == []

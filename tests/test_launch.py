"""`zeropoint lab` opens JupyterLab on the first lesson, with nothing in front of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from zeropoint import cli, launch

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    for name in ("00_start_here", "mit Leerzeichen ü"):
        (tmp_path / f"notebooks/{name}.ipynb").touch()
    return tmp_path


def test_the_first_notebook_is_part_of_the_course() -> None:
    assert (ROOT / launch.FIRST_NOTEBOOK).is_file()


def test_the_address_is_that_of_the_notebook(course: Path) -> None:
    arguments = launch.lab_arguments(course, launch.FIRST_NOTEBOOK)
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in arguments
    assert f"--ServerApp.root_dir={course}" in arguments
    assert "--no-browser" not in arguments


def test_port_and_browser_are_passed_on(course: Path) -> None:
    arguments = launch.lab_arguments(course, launch.FIRST_NOTEBOOK, port=9999, browser=False)
    assert {"--ServerApp.port=9999", "--no-browser"} <= set(arguments)


def test_an_absolute_path_with_spaces_is_quoted(course: Path) -> None:
    arguments = launch.lab_arguments(course, str(course / "notebooks/mit Leerzeichen ü.ipynb"))
    assert "--LabApp.default_url=/lab/tree/notebooks/mit%20Leerzeichen%20%C3%BC.ipynb" in arguments


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no root user")
@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_allowed_only_for_root(course: Path, monkeypatch: pytest.MonkeyPatch, user: int, allowed: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert ("--allow-root" in launch.lab_arguments(course, launch.FIRST_NOTEBOOK)) is allowed


@pytest.mark.parametrize(
    ("notebook", "sentence"),
    [
        ("notebooks/99.ipynb", "There is no notebook notebooks/99.ipynb"),
        ("../x.ipynb", "lies outside the course folder"),
    ],
)
def test_a_wrong_path_gets_one_sentence(notebook: str, sentence: str) -> None:
    result = CliRunner().invoke(cli.main, ["lab", "--no-browser", notebook])
    assert result.exit_code == 1
    assert re.fullmatch(rf"Error: .*{re.escape(sentence)}.*\n", result.output)


def test_the_settings_of_the_course_switch_the_news_question_off() -> None:
    settings = json.loads((ROOT / "labconfig/default_setting_overrides.json").read_text(encoding="utf-8"))
    assert settings == {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


# ── in a browser ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lab_url(tmp_path: Path) -> Iterator[str]:
    """The address that ``zeropoint lab`` prints for a learner who has never used Jupyter here."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "XDG", "IPYTHON"))}
    server = subprocess.Popen(
        [sys.executable, "-m", "zeropoint.cli", "lab", "--no-browser"],
        env={**clean, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(60, server.kill)  # a server that never gets ready must not block the read below
    watchdog.start()
    found = (re.search(r"http://(?:localhost|127\.0\.0\.1):\S+", line) for line in server.stderr)
    address = next(filter(None, found), None)
    watchdog.cancel()
    threading.Thread(target=server.stderr.read, daemon=True).start()  # a full pipe would stop the server
    yield address[0] if address else pytest.fail("zeropoint lab printed no address within a minute")
    server.send_signal(signal.SIGTERM)
    server.wait(30)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium was found: install it, e.g. apt-get install chromium")
@pytest.mark.timeout(180)
def test_the_first_lesson_opens_without_a_pop_up(lab_url: str, tmp_path: Path) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(lab_url)
        expect(page.get_by_role("tab", name="00_start_here.ipynb")).to_be_visible(timeout=60_000)
        expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=60_000)
        expect(page.locator(".jp-NotebookPanel [data-status=idle]").first).to_be_attached(timeout=60_000)
        page.wait_for_timeout(3_000)  # the question about news comes some time after the page
        shots = os.environ.get("ZEROPOINT_SHOTS")
        page.screenshot(path=Path(shots or tmp_path) / "first_lesson.png")
        assert page.locator(".Toastify__toast, .jp-Dialog").count() == 0
        browser.close()

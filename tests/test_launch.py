"""`zeropoint lab` opens JupyterLab on the first lesson, with nothing in front of it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from zeropoint import cli, launch

ROOT = Path(__file__).parents[1]


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

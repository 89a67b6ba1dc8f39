"""JupyterLab and a browser, started once for all browser tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: it comes with the dev group")

from tests.browser.labtools import LabServer, start_lab  # noqa: E402

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], LabServer]]:
    """Call with a folder to get the JupyterLab that serves it; each folder's server starts once."""
    servers: dict[Path, LabServer] = {}

    def serve(root: Path) -> LabServer:
        if root not in servers:
            servers[root] = start_lab(root, tmp_path_factory.mktemp("jupyter"))
        return servers[root]

    yield serve
    for server in servers.values():
        server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    """Headless Chromium of this machine; nothing is downloaded."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install the package chromium to run the browser tests")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def console_errors() -> list[str]:
    """What the page reported as an error; filled by ``page``."""
    return []


@pytest.fixture(scope="module")
def page(browser: sync_api.Browser, console_errors: list[str]) -> Iterator[sync_api.Page]:
    """One page for all tests of a module, so that its notebook is opened once."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and console_errors.append(message.text))
    yield page
    context.close()

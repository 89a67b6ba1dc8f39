"""What a learner sees first: ``zeropoint lab`` opens lesson 00, and nothing pops up over it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect


def wait_until_it_listens(address: str) -> None:
    """Wait for the port: on a cold start the server prints its address a moment before it opens it."""
    parts = urlsplit(address)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return socket.create_connection((parts.hostname, parts.port), timeout=1).close()
        except OSError:
            time.sleep(0.2)


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
    if address:
        wait_until_it_listens(address[0])
    watchdog.cancel()
    threading.Thread(target=server.stderr.read, daemon=True).start()  # a full pipe would stop the server
    yield address[0] if address else pytest.fail("zeropoint lab printed no address within a minute")
    server.send_signal(signal.SIGTERM)
    server.wait(30)


@pytest.mark.timeout(180)
def test_the_first_lesson_opens_without_a_pop_up(page: Page, lab_url: str, tmp_path: Path) -> None:
    page.goto(lab_url)
    expect(page.get_by_role("tab", name="00_start_here.ipynb")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-NotebookPanel [data-status=idle]").first).to_be_attached(timeout=60_000)
    page.wait_for_timeout(3_000)  # the question about news comes some time after the page
    shots = os.environ.get("ZEROPOINT_SHOTS")
    page.screenshot(path=Path(shots or tmp_path) / "first_lesson.png")
    assert page.locator(".Toastify__toast, .jp-Dialog").count() == 0

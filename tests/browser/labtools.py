"""What every browser test needs: a JupyterLab to talk to, and hands to open and run a notebook in it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60  # a cold start on a busy machine takes a quarter of this
RUN_MILLISECONDS = 60_000

# the words that reach beyond the picture they belong to
CUT_OFF = """nodes => nodes.filter((node) => {
    const [a, b] = [node, node.closest('svg')].map((n) => n.getBoundingClientRect());
    return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
}).map((node) => node.textContent)"""


@dataclass(frozen=True)
class LabServer:
    """A running JupyterLab; ``url`` has no trailing slash."""

    url: str
    token: str
    root: Path
    process: subprocess.Popen

    def address(self, path: str) -> str:
        """Return the address of a notebook (relative to the root), in a fresh workspace."""
        return f"{self.url}/lab/tree/{quote(path)}?reset&token={self.token}"

    def stop(self) -> None:
        """End the server, which ends its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_lab(root: Path, home: Path) -> LabServer:
    """Serve ``root`` with JupyterLab on a free port; everything it writes goes below ``home``.

    Raises
    ------
    RuntimeError
        When it does not answer; the message ends with its log.
    """
    port, token = _free_port(), secrets.token_hex(16)
    arguments = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
        *(f"--IdentityProvider.token={token}", "--ServerApp.ip=127.0.0.1", "--ServerApp.allow_root=True"),
    ]
    log = home / "jupyterlab.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(arguments, env=_isolated(home), stdout=stream, stderr=stream, cwd=root)
    server = LabServer(f"http://127.0.0.1:{port}", token, root, process)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.2)
    return server


def open_notebook(page: Page, server: LabServer, path: str) -> None:
    """Open a notebook, relative to the server's root, and wait until its kernel is idle.

    The notebook must name its kernel in its metadata; JupyterLab asks for one otherwise.

    Raises
    ------
    AssertionError
        When no kernel came up; the message holds the dialogue that JupyterLab shows, if any.
    """
    page.goto(server.address(path))
    try:
        page.wait_for_function(_KERNEL_IS_IDLE, timeout=RUN_MILLISECONDS)
    except PlaywrightTimeout as error:
        dialogs = " | ".join(page.locator(".jp-Dialog").all_inner_texts())
        raise AssertionError(f"{path} has no idle kernel. Dialogues on the page: {dialogs or 'none'}.") from error


def leave(page: Page, server: LabServer) -> None:
    """Leave the page, then stop its kernel, which would otherwise keep its memory as long as the server runs.

    In this order: a page whose kernel goes away says so in its console.
    """
    page.goto("about:blank")
    for kernel in json.loads(_ask(server, "GET", "kernels")):
        _ask(server, "DELETE", f"kernels/{kernel['id']}")


def _ask(server: LabServer, method: str, what: str) -> bytes:
    headers = {"Authorization": f"token {server.token}"}
    request = urllib.request.Request(f"{server.url}/api/{what}", method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def run_all(page: Page, *, timeout_ms: int = RUN_MILLISECONDS) -> None:
    """Run every cell and wait for the last one.

    Raises
    ------
    AssertionError
        When a cell raised an exception.
    """
    run_as_far_as(page, None, timeout_ms=timeout_ms)


def run_as_far_as(page: Page, cell: int | None, *, timeout_ms: int = RUN_MILLISECONDS) -> None:
    """Run the cells from the top to one, given by its position in the notebook, and wait for it; None: to the last.

    Parameters
    ----------
    timeout_ms : int
        How long no cell may end: a busy machine takes many times as long for all of them, and still goes on.

    Raises
    ------
    AssertionError
        When a cell raised an exception.
    """
    page.evaluate(_RUN_CELLS, [cell, timeout_ms])
    page.wait_for_function(_CELLS_RAN, arg=cell, timeout=timeout_ms)
    failures = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")
    assert failures.count() == 0, failures.first.inner_text()


def cells_with_widgets(page: Page) -> list[int]:
    """Return the positions of the cells whose output is a live widget."""
    return page.evaluate(_CELLS_WITH_WIDGETS)


def evaluate_in_kernel(page: Page, expression: str, *, code: str = "") -> str:
    """Run ``code`` in the open notebook's kernel, then return ``repr`` of an expression.

    Raises
    ------
    AssertionError
        When either of them raised an exception.
    """
    content = page.evaluate(_ASK_KERNEL, [code, expression])
    assert content["status"] == "ok", content
    answer = content["user_expressions"]["answer"]
    assert answer["status"] == "ok", answer
    return answer["data"]["text/plain"]


def set_theme(page: Page, name: str) -> None:
    """Switch the theme, e.g. to ``"JupyterLab Dark"``."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
    light = "false" if "Dark" in name else "true"
    page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")


_KERNEL_IS_IDLE = """() => {
    const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
    return context?.isReady && context.session?.kernel?.status === 'idle';
}"""

# the limit lies here because page.evaluate has none of its own
_RUN_CELLS = """([last, limit]) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const all = last === null || last + 1 >= content.widgets.length;
    if (!all) content.activeCellIndex = last + 1;
    const ended = () => content.widgets.filter(({ model }) => model.executionCount).length;
    let [seen, since, watch] = [-1, 0, 0];
    const stuck = new Promise((_, reject) => {
        watch = setInterval(() => {
            if (ended() !== seen) [seen, since] = [ended(), Date.now()];
            if (Date.now() - since > limit) reject(new Error(`no cell ended for ${limit} ms, ${seen} have`));
        }, 500);
    });
    const run = window.jupyterapp.commands.execute(all ? 'notebook:run-all-cells' : 'notebook:run-all-above');
    return Promise.race([run, stuck]).finally(() => clearInterval(watch));
}"""

_ASK_KERNEL = """async ([code, expression]) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const reply = await kernel.requestExecute({ code, user_expressions: { answer: expression } }).done;
    return reply.content;
}"""

_CELLS_RAN = """(last) => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets.slice(0, last === null ? undefined : last + 1);
    return cells.filter((cell) => cell.model.type === 'code' && cell.model.sharedModel.getSource().trim())
        .every((cell) => cell.model.executionCount && cell.model.executionState !== 'running');
}"""

_CELLS_WITH_WIDGETS = """() => {
    const view = 'application/vnd.jupyter.widget-view+json';
    const outputs = (cell) => cell.model.type === 'code' ? cell.model.outputs.toJSON() : [];
    return window.jupyterapp.shell.currentWidget.content.widgets
        .map((cell, index) => outputs(cell).some((output) => output.data && view in output.data) ? index : -1)
        .filter((index) => index >= 0);
}"""


def _isolated(home: Path) -> dict[str, str]:
    """Return an environment in which nobody's own settings, workspaces or history take part.

    The kernel of this environment is still found: its description lies below ``sys.prefix``.
    """
    folders = {name: home / name.lower() for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        **{name: str(folder) for name, folder in folders.items()},
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_CONFIG_PATH": str(REPOSITORY),  # labconfig/: no question about news over the page
        "OMP_NUM_THREADS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(server: LabServer) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/api/status?token={server.token}", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False

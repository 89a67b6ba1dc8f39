"""How long from a key press on a slider to a changed picture: the ruler against ``interact`` with matplotlib.

Both run in the same JupyterLab page, in headless Chromium. Prints the medians and their ratio::

    uv run python benchmarks/slider.py
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from labtools import open_notebook, run_all, start_lab

PRESSES = 40
DATA = "import numpy as np\nx = np.random.default_rng(0).normal(size=1_000_000).astype(np.float32)"
RULER = "from zeropoint.lab.widgets import explore_scale\nexplore_scale(x)"
INTERACT = """import ipywidgets, matplotlib.pyplot as plt
from zeropoint.lab.plots import plot_ruler
@ipywidgets.interact(high=ipywidgets.FloatSlider(4, min=1, max=5, step=0.01))
def show(high):
    axes = plt.subplots(3)[1]
    plot_ruler(x[:4000], -4, high, axes=axes)
    plt.show()"""

# From the key press to the first change below `selector`, and to the frame that shows it, in milliseconds.
MEASURE = """(selector) => new Promise((resolve) => {
    const target = document.querySelector(selector);
    let start = 0;
    addEventListener('keydown', () => { start = performance.now(); }, { capture: true, once: true });
    const observer = new MutationObserver((records) => {
        if (!start || !records.some((r) => r.target.closest?.('svg') || [...r.addedNodes].some((n) =>
            n.querySelector?.('img') || n.tagName === 'IMG'))) return;
        observer.disconnect();
        const changed = performance.now() - start;
        requestAnimationFrame(() => setTimeout(() => resolve([changed, performance.now() - start])));
    });
    observer.observe(target, { childList: true, subtree: true, attributes: true, characterData: true });
})"""


def measure(page: Page, slider: str, picture: str) -> tuple[float, float]:
    """Return the median milliseconds to a changed picture, and to the frame after it."""
    page.locator(slider).first.focus()
    times = []
    for press in range(PRESSES):
        waiting = page.evaluate_handle(f"(selector) => {{ window.measured = ({MEASURE})(selector); }}", picture)
        waiting.dispose()
        page.keyboard.press("ArrowLeft" if press % 2 else "ArrowRight")
        times.append(page.evaluate("() => window.measured"))
        page.wait_for_timeout(150)  # let the kernel finish what it still has to do
    changed, shown = zip(*times[5:], strict=True)  # the first presses warm everything up
    return statistics.median(changed), statistics.median(shown)


def main() -> None:
    """Open both widgets in one notebook and print the table."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        cells = [nbformat.v4.new_code_cell(source) for source in (DATA, RULER, INTERACT)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), Path(folder) / "a.ipynb")
        server = start_lab(Path(folder), Path(folder))
        try:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": 1280, "height": 1600})
            open_notebook(page, server, "a.ipynb")
            run_all(page)
            page.wait_for_timeout(2000)
            ruler = measure(page, ".zp-widget input[type=range]", ".zp-widget")
            plain = measure(page, ".widget-interact .noUi-handle", ".widget-interact")
        finally:
            server.stop()
    print(f"{'':24}{'picture changed':>18}{'frame on screen':>18}")
    for name, times in (("ruler (anywidget, SVG)", ruler), ("interact + matplotlib", plain)):
        print(f"{name:24}" + "".join(f"{time:15.1f} ms" for time in times))
    print(f"{'ratio':24}" + "".join(f"{b / a:15.1f} × " for a, b in zip(ruler, plain, strict=True)))


if __name__ == "__main__":
    main()

"""How long from a key press on a slider to a changed picture: the ruler and two explorables against ``interact``.

The ruler computes in the browser, explorables ask Python for every picture, ``interact`` redraws with matplotlib.
One explorable shows what ``interact`` does, the other is lesson 03's with 100,000 values. All run in the same
JupyterLab page, in headless Chromium. Prints the medians and their ratios to ``interact``::

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

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.labtools import open_notebook, run_all, start_lab

PRESSES = 40
SAME = ".zp-explorable[aria-label='Benchmark']"
CLIP = ".zp-explorable[aria-label='Where to clip']"
INTERACTIVE = "interact + matplotlib"  # what the others are compared with
DATA = "import numpy as np\nx = np.random.default_rng(0).normal(size=1_000_000).astype(np.float32)"
RULER = "from zeropoint.lab.ruler import explore_scale\nexplore_scale(x)"
EXPLORE = """from zeropoint.lab import Bars, Line, Panel, Picture, Slider, VLine, explore
from zeropoint.quant import choose_qparams_affine, fake_quantize_affine
sample, edges, highs = x[:4000], np.linspace(-5, 5, 121), np.linspace(1, 5, 401)
def draw(high):
    error = fake_quantize_affine(sample, *choose_qparams_affine(-4.0, high)) - sample
    bars = [Bars(edges, np.histogram(values, edges)[0]) for values in (sample, 20 * error)]
    curve = Line(highs, highs**2 / 12 / 255**2)
    panels = [Panel("Values", "x", "values", [bars[0], VLine(high)]), Panel("Errors", "20 e", "values", [bars[1]]),
              Panel("Theory", "high", "error", [curve, VLine(high)])]
    return Picture(panels, say=f"Up to {high:.2f}: {np.mean(error**2):.2e}.")
explore([Slider("high", "high", 1.0, 5.0, 0.01, 4.0)], draw, title="Benchmark")"""
LESSON = """from zeropoint.lessons.lesson_03.explorable import explore_clipping
clip = explore_clipping({"Gaussian": x[:100_000], "cubed": x[:100_000] ** 3}, share=0.5)
clip.guess = 50  # locked, so that the picture is shown
clip"""
INTERACT = """import ipywidgets, matplotlib.pyplot as plt
from zeropoint.lab.plots import plot_ruler
@ipywidgets.interact(high=ipywidgets.FloatSlider(4, min=1, max=5, step=0.01))
def show(high):
    axes = plt.subplots(3)[1]
    plot_ruler(x[:4000], -4, high, axes=axes)
    plt.show()"""

# Whether the browser is preparing a frame: what changes now is on the screen with it, not with the next one.
WATCH_FRAMES = """(() => {
    const request = window.requestAnimationFrame;
    window.requestAnimationFrame = (callback) => request.call(window, (time) => {
        window.inFrame = true;
        try { callback(time); } finally { queueMicrotask(() => { window.inFrame = false; }); }
    });
})()"""

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
        const shown = () => setTimeout(() => resolve([changed, performance.now() - start]));
        if (window.inFrame) shown(); else requestAnimationFrame(shown);
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
    """Open the widgets in one notebook and print the table."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        _write_notebook(folder / "a.ipynb")
        server = start_lab(folder, folder)
        try:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = chromium.new_page(viewport={"width": 1280, "height": 1600})
            page.add_init_script(WATCH_FRAMES)
            open_notebook(page, server, "a.ipynb")
            run_all(page)
            page.wait_for_timeout(2000)
            rows = {
                "ruler (browser)": measure(page, ".zp-widget:not(.zp-explorable) input[type=range]", ".zp-widget"),
                "explorable (Python)": measure(page, f"{SAME} input[type=range]", SAME),
                "explorable of lesson 03": measure(page, f"{CLIP} input[type=range]", CLIP),
                INTERACTIVE: measure(page, ".widget-interact .noUi-handle", ".widget-interact"),
            }
        finally:
            server.stop()
    _print_table(rows)


def _write_notebook(path: Path) -> None:
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in (DATA, RULER, EXPLORE, LESSON, INTERACT)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def _print_table(rows: dict[str, tuple[float, float]]) -> None:
    print(f"{'':24}{'picture changed':>18}{'frame on screen':>18}")
    for name, times in rows.items():
        cells = [f"{time:9.1f} ms {other / time:3.0f} ×" for time, other in zip(times, rows[INTERACTIVE], strict=True)]
        print(f"{name:24}" + "".join(f"{cell:>18}" for cell in cells))


if __name__ == "__main__":
    main()

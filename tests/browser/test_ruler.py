"""The ruler in JupyterLab: keyboard, arithmetic equal to Python's, nothing lost, nothing in the console."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.labtools import CUT_OFF, LabServer, evaluate_in_kernel, open_notebook, run_all, set_theme
from zeropoint.lab import explore_scale
from zeropoint.lab.error_split import split_error
from zeropoint.quant import choose_qparams_affine

# of every text on the screen, in CSS pixels
SIZES = """nodes => nodes.filter((node) => node.textContent.trim()).map((node) => {
    const { a, b } = node.getScreenCTM();
    return parseFloat(getComputedStyle(node).fontSize) * Math.hypot(a, b);
})"""
CELLS = (
    "import numpy as np\nfrom zeropoint.lab import explore_scale\nw = explore_scale(np.load('x.npy'))\nw",
    "guess = explore_scale(np.load('x.npy'), bit_width=4, predict='How many levels?', answer=14)\nguess",
)
RANGES = (
    (-0.9, 5.0, 8, False),  # the worked example: scale 0.0231, zero point 39
    (-0.9, 5.0, 8, True),
    (-4.0, 4.0, 4, True),
    (-1.0, 2.0, 2, False),
    (0.0, 0.0, 8, False),  # no width: scale 1
    (1.0, 3.0, 5, False),  # widened to include zero
    (-3.0, -0.5, 3, True),
    (-1e-30, 2e-30, 8, False),  # a dead channel
)


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Activations with an outlier and with values in quarters, which give real ties."""
    x = np.random.default_rng(7).normal(0.3, 1, 20_000).astype("float32")
    x[:1000] = np.round(x[:1000] * 4) / 4
    x[17] = 9
    return x


@pytest.fixture(scope="module")
def notebook(
    page: Page, lab_server: Callable[[Path], LabServer], values: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> Page:
    """The page with a notebook of two rulers, executed."""
    root = tmp_path_factory.mktemp("notebooks")
    np.save(root / "x.npy", values)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "ruler.ipynb")
    open_notebook(page, lab_server(root), "ruler.ipynb")
    run_all(page)
    return page


@pytest.fixture
def widget(notebook: Page) -> Locator:
    """The first ruler, as the test before left it."""
    return notebook.get_by_role("region", name="Ruler: scale and zero point").first


@pytest.fixture
def ruler(notebook: Page, widget: Locator) -> Locator:
    """The first ruler, fitted to the data, with eight bits."""
    evaluate_in_kernel(notebook, "w", code="w.bit_width, w.signed = 8, False")
    widget.get_by_role("button", name="Fit to the data").click()
    expect(live_line(widget)).to_contain_text("fitted to the data")
    return widget


def live_line(widget: Locator) -> Locator:
    return widget.locator("[aria-live=polite]")


@pytest.mark.parametrize(
    ("label", "key", "said"),
    [
        ("minimum", "ArrowRight", "minimum −"),
        ("maximum", "ArrowLeft", "maximum 8.9"),
        ("bit width", "ArrowLeft", "7 bits"),
    ],
)
def test_arrow_keys_change_what_is_said(ruler: Locator, label: str, key: str, said: str) -> None:
    before = live_line(ruler).inner_text()
    ruler.get_by_role("slider", name=label).press(key)
    expect(live_line(ruler)).not_to_have_text(before)
    expect(live_line(ruler)).to_contain_text(said)
    expect(live_line(ruler)).to_contain_text("SQNR")


@pytest.mark.parametrize(("min_val", "max_val", "bit_width", "signed"), RANGES)
def test_browser_and_python_compute_the_same(
    notebook: Page, widget: Locator, values: np.ndarray, min_val: float, max_val: float, bit_width: int, signed: bool
) -> None:
    change = (
        f"with w.hold_sync():\n    w.min_val, w.max_val, w.bit_width, w.signed = {min_val, max_val, bit_width, signed}"
    )
    evaluate_in_kernel(notebook, "w", code=change)
    qparams = choose_qparams_affine(min_val, max_val, bit_width=bit_width, signed=signed)
    expected = {"scale": float(qparams.scale), "zeroPoint": int(qparams.zero_point), "quantMin": qparams.quant_min}
    notebook.wait_for_function(
        "([root, expected]) => Object.entries(expected).every(([key, value]) => Number(root.dataset[key]) === value)",
        arg=[widget.element_handle(), expected],
    )
    sample, weights = explore_scale(values).sample
    split = split_error(sample, qparams, weights)
    assert number(widget, "rounding-mse") == pytest.approx(split.rounding, rel=1e-12)
    assert number(widget, "clipping-mse") == pytest.approx(split.clipping, rel=1e-12)
    assert number(widget, "sqnr-db") == pytest.approx(split.sqnr_db, rel=1e-12)


def number(widget: Locator, name: str) -> float:
    return float(widget.get_attribute(f"data-{name}"))


def test_worked_example_is_shown(notebook: Page, widget: Locator) -> None:
    evaluate_in_kernel(notebook, "w", code="w.min_val, w.max_val, w.bit_width, w.signed = -0.9, 5.0, 8, False")
    expect(widget.locator(".zp-readouts")).to_contain_text("zero point39")
    expect(widget.locator(".zp-readouts")).to_contain_text("scale0.0231")
    expect(live_line(widget)).to_contain_text("scale 0.0231, zero point 39, 256 levels: rounding error")


def test_sliders_reach_python(notebook: Page, ruler: Locator) -> None:
    ruler.get_by_role("slider", name="bit width").press("Home")
    ruler.get_by_role("slider", name="maximum").press("ArrowLeft")
    expect(live_line(ruler)).to_contain_text("4 levels")
    shown = evaluate_in_kernel(notebook, "(w.bit_width, w.qparams.quant_max, float(w.qparams.scale))")
    assert shown == f"(2, 3, {number(ruler, 'scale')!r})"


def test_range_cannot_cross(ruler: Locator) -> None:
    ruler.get_by_role("slider", name="minimum").press("End")
    expect(live_line(ruler)).to_contain_text("stopped by the maximum")


def test_letter_keys_on_a_slider_leave_the_notebook_alone(notebook: Page, ruler: Locator) -> None:
    for label in ("minimum", "maximum", "bit width"):
        ruler.get_by_role("slider", name=label).press("d")
        notebook.keyboard.press("d")
    assert notebook.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == len(CELLS)


def test_guess_opens_the_picture(notebook: Page) -> None:
    second = notebook.get_by_role("region", name="Ruler: scale and zero point").nth(1)
    expect(second.get_by_role("slider", name="minimum")).to_be_hidden()
    second.get_by_role("textbox", name="How many levels?").fill("12")
    second.get_by_role("textbox", name="How many levels?").press("Enter")
    expect(second.get_by_role("status")).to_have_text("Your guess: 12. Answer: 14. Off by 2.")
    expect(second.get_by_role("slider", name="minimum")).to_be_visible()
    expect(second.get_by_role("group", name="Picture")).to_be_focused()
    assert evaluate_in_kernel(notebook, "guess.guess") == "12.0"


# At 200 % the browser lays a window of 1200 pixels out as one of 600, and doubles everything on the screen.
@pytest.mark.parametrize("width", [1280, 900, 600])
def test_words_keep_their_size_and_their_place_however_narrow_the_window(
    notebook: Page, ruler: Locator, width: int
) -> None:
    notebook.set_viewport_size({"width": width, "height": 1000})
    try:
        notebook.wait_for_timeout(500)
        if shots := os.environ.get("ZEROPOINT_SHOTS"):
            ruler.screenshot(path=Path(shots) / f"ruler_{width}.png")
        words = ruler.locator("svg text")
        assert min(words.evaluate_all(SIZES)) >= 10
        assert words.evaluate_all(CUT_OFF) == []
        handles = [ruler.get_by_role("slider", name=name).bounding_box() for name in ("minimum", "maximum")]
        axis = ruler.locator("svg").first.locator("line.zp-axis").last.bounding_box()
        for handle in handles:  # the track, without half a handle on either side, is the axis
            assert handle["x"] + 8 == pytest.approx(axis["x"], abs=1.5)
            assert handle["x"] + handle["width"] - 8 == pytest.approx(axis["x"] + axis["width"], abs=1.5)
    finally:
        notebook.set_viewport_size({"width": 1280, "height": 1000})


def test_small_errors_are_written_as_the_axis_writes_them(notebook: Page, ruler: Locator) -> None:
    evaluate_in_kernel(notebook, "w", code="w.min_val, w.max_val, w.bit_width, w.signed = -2.0, 2.0, 3, False")
    expect(live_line(ruler)).to_contain_text("8 levels")
    assert not any("e-0" in words for words in ruler.locator(".zp-split text").all_text_contents())
    assert "e-0" not in live_line(ruler).inner_text()


def test_every_control_keeps_its_keys_and_every_id_is_unique(notebook: Page, widget: Locator) -> None:
    bare = notebook.locator(".zp-widget :is(input, button):not([data-lm-suppress-shortcuts])")
    expect(bare).to_have_count(0)
    ids = notebook.locator(".zp-widget [id]").evaluate_all("nodes => nodes.map((node) => node.id)")
    assert len(ids) == len(set(ids)) > 0


def test_panels_have_names(widget: Locator) -> None:
    names = widget.get_by_role("img").evaluate_all("nodes => nodes.map((node) => node.getAttribute('aria-label'))")
    assert [name.split()[0:2] for name in names] == [["The", "ruler:"], ["The", "error"], ["Mean", "squared"]]


def test_dark_theme_is_followed(notebook: Page, widget: Locator) -> None:
    paper = "node => getComputedStyle(node).backgroundColor"
    light = widget.evaluate(paper)
    set_theme(notebook, "JupyterLab Dark")
    try:
        expect(widget).not_to_have_css("background-color", light)
    finally:
        set_theme(notebook, "JupyterLab Light")


def test_console_stayed_clean(notebook: Page, console_errors: list[str]) -> None:
    assert console_errors == []

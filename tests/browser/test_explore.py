"""An explorable in JupyterLab: every control by keyboard, words for a screen reader, slow and failing pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.labtools import LabServer, evaluate_in_kernel, open_notebook, run_all, set_theme

SETUP = """import time
import numpy as np
from zeropoint.lab import Band, Bars, Choice, HLine, Line, Panel, Picture, Points, Slider, Toggle, VLine, explore
x = np.linspace(0.1, 4, 400)
drawn = []
def draw(clip, bits, log, layer, wait=0.0):
    if layer == "broken":
        raise ValueError("this layer has no weights")
    drawn.append(clip)
    time.sleep(wait)
    marks = [VLine(-clip, "low", "clipping"), VLine(clip, "high", "clipping")]
    bars = Bars(np.linspace(-4, 4, 81), np.arange(1, 81), color="data")
    one = Panel("Values", "real value x", "values per bin", [Band(-4, -clip, "clipped"), bars, *marks], y_log=log)
    sum_ = Line(x, 1 / x + bits * x / clip, label="sum")
    now = Points([clip], [1 / clip + bits], label="now", color="zero")
    two = Panel("Error", "clip range (σ)", "squared error", [Line(x, 1 / x, label="rounding"), sum_, now])
    names = ["conv1", *(f"layer{i}.conv{j}" for i in (1, 2, 3) for j in (1, 2)), "linear"]
    loss = Bars(names, -np.arange(8) / bits, label="per-tensor", highlight=[7], highlight_label="worst")
    three = Panel("Loss", "", "points", [loss, Bars(names, -np.arange(8) / 9, label="per-channel"), HLine(-1, "−1")])
    say = f"{layer}: clipped at {clip:g} with {bits} bits."
    return Picture([one, two, three], say=say, facts=[("bits", f"{bits}")])
controls = [Slider("clip", "clip at", 0.5, 4, 0.05, 2.5, unit="σ"), Choice("bits", "bit width", [2, 4, 8], 4),
            Toggle("log", "logarithmic"), Choice("layer", "layer", ["conv1", "a", "b", "c", "d", "broken"])]"""
CELLS = (
    SETUP,
    "w = explore(controls, draw, title='Where to clip')\nw",
    "guess = explore(controls[:1], lambda clip: draw(clip, 4, False, 'conv1'), title='Guess', predict='How many?',"
    " answer=lambda clip: 2 * clip)\nguess",
    "slow = explore(controls[:1], lambda clip: draw(clip, 4, False, 'conv1', wait=0.25), title='Slow')\nslow",
)


# the words that reach beyond the picture they belong to
CUT_OFF = """nodes => nodes.filter((node) => {
    const [a, b] = [node, node.closest('svg')].map((n) => n.getBoundingClientRect());
    return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
}).map((node) => node.textContent)"""


@pytest.fixture(scope="module")
def notebook(page: Page, lab_server: Callable[[Path], LabServer], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page with a notebook of three explorables, executed."""
    root = tmp_path_factory.mktemp("notebooks")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "explore.ipynb")
    page.set_viewport_size({"width": 1400, "height": 1000})
    open_notebook(page, lab_server(root), "explore.ipynb")
    run_all(page)
    return page


@pytest.fixture
def widget(notebook: Page) -> Locator:
    """The first explorable, as it was at the start."""
    evaluate_in_kernel(notebook, "w", code="w.set(clip=2.5, bits=4, log=False, layer='conv1')")
    region = notebook.get_by_role("region", name="Where to clip")
    expect(live_line(region)).to_have_text("conv1: clipped at 2.5 with 4 bits.")
    return region


def live_line(widget: Locator) -> Locator:
    return widget.locator("[aria-live=polite]")


def drawing(widget: Locator, panel: int) -> str:
    """Return the plot of a panel, without its axes."""
    return widget.get_by_role("img").nth(panel).locator("> g").first.inner_html()


@pytest.mark.parametrize(
    ("key", "value"),
    [("ArrowRight", "2.55"), ("ArrowLeft", "2.45"), ("Home", "0.50"), ("End", "4.00"), ("PageUp", "2.85")],
)
def test_slider_by_keyboard_changes_picture_and_words(widget: Locator, key: str, value: str) -> None:
    before = drawing(widget, 0)
    slider = widget.get_by_role("slider", name="clip at")
    slider.press(key)
    expect(live_line(widget)).to_have_text(f"conv1: clipped at {float(value):g} with 4 bits.")
    expect(slider).to_have_attribute("aria-valuetext", f"{value}\u00a0σ")
    assert drawing(widget, 0) != before


def test_radio_buttons_by_keyboard(notebook: Page, widget: Locator) -> None:
    widget.get_by_role("group", name="bit width").get_by_role("radio", name="4").press("ArrowRight")
    expect(live_line(widget)).to_contain_text("with 8 bits")
    expect(widget.locator(".zp-facts")).to_have_text("bits8")
    assert evaluate_in_kernel(notebook, "w.values['bits']") == "8"


def test_switch_by_keyboard(notebook: Page, widget: Locator) -> None:
    before = drawing(widget, 0)
    widget.get_by_role("checkbox", name="logarithmic").press("Space")
    notebook.wait_for_function(
        "([root, before]) => root.querySelector('[role=img] > g').innerHTML !== before",
        arg=[widget.element_handle(), before],
    )
    assert evaluate_in_kernel(notebook, "w.values['log']") == "True"


def test_list_by_keyboard(widget: Locator) -> None:
    widget.get_by_role("combobox", name="layer").press("ArrowDown")
    expect(live_line(widget)).to_contain_text("a: clipped")


def test_error_in_draw_is_one_sentence_and_the_picture_stays(widget: Locator) -> None:
    before = drawing(widget, 1)
    widget.get_by_role("combobox", name="layer").select_option("broken")
    sentence = "No picture for these values: ValueError: this layer has no weights"
    expect(widget.get_by_role("status")).to_have_text(sentence)
    assert drawing(widget, 1) == before
    widget.get_by_role("combobox", name="layer").select_option("b")
    expect(widget.get_by_role("status")).to_have_text("")


def test_nodes_are_kept_while_the_picture_changes(notebook: Page, widget: Locator) -> None:
    nodes = "root => [...root.querySelectorAll('[role=img] *, .zp-legend *')]"
    kept = widget.evaluate_handle(nodes)
    widget.get_by_role("slider", name="clip at").press("ArrowRight")
    expect(live_line(widget)).to_contain_text("2.55")
    assert notebook.evaluate("kept => kept.every((node) => node.isConnected)", kept)


def test_slow_picture_skips_frames(notebook: Page) -> None:
    slow = notebook.get_by_role("region", name="Slow")
    evaluate_in_kernel(notebook, "0", code="drawn.clear()")
    slow.get_by_role("slider", name="clip at").press("Home")
    for _ in range(20):
        notebook.keyboard.press("ArrowRight")
    expect(live_line(slow)).to_contain_text("clipped at 1.5 ")
    assert int(evaluate_in_kernel(notebook, "len(drawn)")) <= 8  # of 21 moves
    assert evaluate_in_kernel(notebook, "drawn[-1]") == "1.5"


def test_guess_opens_the_picture(notebook: Page) -> None:
    region = notebook.get_by_role("region", name="Guess")
    expect(region.get_by_role("slider")).to_be_hidden()
    expect(region.get_by_role("img")).to_have_count(0)
    region.get_by_role("spinbutton", name="How many?").fill("4")
    region.get_by_role("button", name="Lock my guess").press("Enter")
    expect(region.get_by_role("status").first).to_have_text("Your guess: 4. Answer: 5. Off by 1.")
    expect(region.get_by_role("slider", name="clip at")).to_be_visible()
    expect(region.get_by_role("img")).to_have_count(3)


def test_letter_keys_leave_the_notebook_alone(notebook: Page, widget: Locator) -> None:
    controls = widget.locator("input, select")
    for i in range(controls.count()):
        controls.nth(i).press("d")
        notebook.keyboard.press("d")
    assert notebook.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == len(CELLS)


def test_every_control_keeps_its_keys_and_has_a_name(notebook: Page, widget: Locator) -> None:
    expect(notebook.locator(".zp-widget :is(input, select, button):not([data-lm-suppress-shortcuts])")).to_have_count(0)
    assert all(widget.locator("input, select").evaluate_all("nodes => nodes.map((node) => node.labels.length === 1)"))
    ids = notebook.locator(".zp-widget [id]").evaluate_all("nodes => nodes.map((node) => node.id)")
    assert len(ids) == len(set(ids)) > 0


def test_panels_say_what_they_show(widget: Locator) -> None:
    names = widget.get_by_role("img").evaluate_all("nodes => nodes.map((node) => node.getAttribute('aria-label'))")
    assert names[1] == "Error. Horizontal: clip range (σ); vertical: squared error. Shown: rounding, sum, now."


@pytest.mark.parametrize(("width", "columns"), [(1400, 3), (900, 1)])
def test_panels_stand_side_by_side_or_stacked(notebook: Page, widget: Locator, width: int, columns: int) -> None:
    notebook.set_viewport_size({"width": width, "height": 1000})
    try:
        notebook.wait_for_timeout(300)
        boxes = [widget.get_by_role("img").nth(i).bounding_box() for i in range(3)]
        assert len({round(box["x"]) for box in boxes}) == columns
        assert widget.locator("svg[role=img] text").evaluate_all(CUT_OFF) == []
        screenshot(widget, f"explore_{width}")
    finally:
        notebook.set_viewport_size({"width": 1400, "height": 1000})


def test_dark_theme_is_followed(notebook: Page, widget: Locator) -> None:
    paper = "node => getComputedStyle(node).backgroundColor"
    light = widget.evaluate(paper)
    set_theme(notebook, "JupyterLab Dark")
    try:
        expect(widget).not_to_have_css("background-color", light)
        screenshot(widget, "explore_dark")
    finally:
        set_theme(notebook, "JupyterLab Light")


def screenshot(widget: Locator, name: str) -> None:
    folder = os.environ.get("ZEROPOINT_SHOTS")
    if folder:
        widget.screenshot(path=Path(folder) / f"{name}.png")


def test_console_stayed_clean(notebook: Page, console_errors: list[str]) -> None:
    assert console_errors == []


def test_restarted_kernel_keeps_the_picture_and_is_asked_for(notebook: Page, widget: Locator) -> None:
    before = drawing(widget, 1)
    notebook.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    widget.get_by_role("slider", name="clip at").press("ArrowRight")
    expect(widget.get_by_role("status")).to_contain_text("run the cell again")
    assert drawing(widget, 1) == before

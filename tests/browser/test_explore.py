"""An explorable in JupyterLab: every control by keyboard, words for a screen reader, slow and failing pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.labtools import CUT_OFF, LabServer, evaluate_in_kernel, open_notebook, run_all, set_theme

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
    "same = explore(controls[:1], lambda clip: draw(1, 4, False, 'conv1'), title='Same')\nsame",
    """counts = {"small": 3, "large": 5}
channel = Slider("channel", "channel of the layer, from the quietest to the loudest", 0, 100, 1, 50, unit="%",
                 follows="layer", counts=counts)
choice = Choice("layer", "layer", list(counts), "large")
def facts(channel, layer):
    place = round(channel * (counts[layer] - 1) / 100)
    words = [(f"fact {i} about the channel", "−6.8 points, from −7.5 to −6.1 (n = 2,000)") for i in range(3)]
    line = Line([0, 1], [0, place], label="a line")
    return Picture([Panel("One", "x", "y", [line])], say=f"{layer}, channel {place}.", facts=words)
follows = explore([channel, choice], facts, title="Follows")
follows""",
)


SILENCE = 4000  # milliseconds, as in explorable.js

# the parts that are wider than there is room for them
TOO_WIDE = """root => [root, ...root.querySelectorAll('*')]
    .filter((node) => node instanceof HTMLElement && node.clientWidth && node.scrollWidth > node.clientWidth + 1)
    .map((node) => `${node.tagName}.${node.className}: ${node.scrollWidth} > ${node.clientWidth}`)"""


@pytest.fixture(scope="module")
def notebook(page: Page, lab_server: Callable[[Path], LabServer], tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page with a notebook of explorables, executed."""
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
    field = region.get_by_role("textbox", name="How many?")
    for typed, said in [("", "Type one number"), ("1,000", "read in two ways"), ("4 or 5", "Type one number")]:
        field.fill(typed)
        field.press("Enter")
        expect(region.get_by_role("status").first).to_contain_text(said)
    expect(region.get_by_role("slider")).to_be_hidden()
    field.fill("")
    notebook.keyboard.type("4,5")
    notebook.keyboard.press("Enter")
    expect(region.get_by_role("status").first).to_have_text("Your guess: 4.5. Answer: 5. Off by 0.5.")
    expect(region.get_by_role("slider", name="clip at")).to_be_visible()
    expect(region.get_by_role("img")).to_have_count(3)
    expect(region.get_by_role("group", name="Picture")).to_be_focused()
    notebook.keyboard.press("Tab")
    expect(region.get_by_role("slider", name="clip at")).to_be_focused()
    assert evaluate_in_kernel(notebook, "guess.guess") == "4.5"


def test_a_move_that_changes_no_picture_is_answered(notebook: Page) -> None:
    same = notebook.get_by_role("region", name="Same")
    for key in ("Home", "ArrowRight", "ArrowRight"):
        same.get_by_role("slider").press(key)
    expect(same.get_by_role("slider")).to_have_attribute("aria-valuetext", "0.60\u00a0σ")
    notebook.wait_for_timeout(SILENCE + 1000)
    expect(same.get_by_role("status")).to_have_text("")
    assert evaluate_in_kernel(notebook, "same.values") == "{'clip': 0.6}"


def test_a_slider_has_one_stop_for_each_channel_of_the_chosen_layer(notebook: Page) -> None:
    follows = notebook.get_by_role("region", name="Follows")
    slider = follows.get_by_role("slider")
    for place in (3, 4):
        slider.press("ArrowRight")
        expect(live_line(follows)).to_have_text(f"large, channel {place}.")
    follows.get_by_role("radio", name="small").check()
    expect(live_line(follows)).to_have_text("small, channel 2.")
    for place in (1, 0):
        slider.press("ArrowLeft")
        expect(live_line(follows)).to_have_text(f"small, channel {place}.")
    assert evaluate_in_kernel(notebook, "follows.values['channel']") == "0"


@pytest.mark.parametrize("name", ["Where to clip", "Follows"])
def test_nothing_is_cut_off_in_a_narrow_cell(notebook: Page, name: str) -> None:
    region = notebook.get_by_role("region", name=name)
    for width in (468, 340, 232):
        region.evaluate("(node, width) => { node.style.width = `${width}px`; }", width)
        notebook.wait_for_timeout(200)
        screenshot(region, f"explore_{name[0]}_{width}")
        assert region.evaluate(TOO_WIDE) == [], width
    region.evaluate("node => { node.style.width = ''; }")


def test_running_a_cell_again_leaves_nothing_behind(notebook: Page) -> None:
    region = notebook.get_by_role("region", name="Slow")
    host = region.evaluate_handle("node => node.parentElement")
    notebook.evaluate(
        """index => {
        window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
        return window.jupyterapp.commands.execute('notebook:run-cell');
    }""",
        3,
    )
    notebook.wait_for_function("host => !host.isConnected && host.childElementCount === 0", arg=host)
    expect(region).to_have_count(1)


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

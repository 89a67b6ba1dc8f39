"""Explorables without a browser: controls, pictures, their static twin and what reaches the browser."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex

from zeropoint.lab import (
    Band,
    Bars,
    Choice,
    HLine,
    Line,
    Panel,
    Picture,
    Points,
    Slider,
    Toggle,
    VLine,
    draw_picture,
    explore,
)
from zeropoint.lab import explorable as module
from zeropoint.lab.axes import linear_ticks, log_ticks
from zeropoint.lab.explorable import Explorable
from zeropoint.lab.frames import picture_frame
from zeropoint.lab.style import PALETTE, SERIES


def panel_of(*layers: Any, **options: Any) -> Panel:
    return Panel("A title", "x (units)", "y (units)", layers or (Line([0, 1, 2], [0, 1, 4]),), **options)


def parabola(k: float = 1.0, n: int = 3, on: bool = False) -> Picture:
    if k == 4:
        raise ZeroDivisionError("four is one too many")
    x = np.linspace(0, 2, n)
    return Picture([panel_of(Line(x, k * x**2))], say=f"k is {k:g}.", facts=[("k", f"{k:g}")])


CONTROLS = (Slider("k", "factor", 0, 5, 0.5, 2, unit="σ"), Choice("n", "points", [3, 5], 5), Toggle("on", "switch"))


@pytest.fixture
def widget() -> Explorable:
    return explore(CONTROLS, parabola, title="Parabolas")


def from_browser(widget: Explorable, **places: int) -> None:
    """Do what the browser does: it sends the places of the stops."""
    widget.set_state({"_places": {**widget._places, **places}})


# --------------------------------------------------------------------------------------------- controls
@given(st.integers(-1000, 1000), st.integers(1, 200), st.sampled_from([0.001, 0.05, 0.1, 0.25, 1, 3]), st.floats(0, 1))
def test_slider_stops_at_the_nearest_step(low: int, count: int, step: float, part: float) -> None:
    high = low + count * step
    wanted = low + part * (high - low)
    slider = Slider("k", "k", low, high, step, wanted)
    assert len(slider.stops) == count + 1
    assert abs(slider.value - wanted) <= step / 2 + 1e-9 * max(1, abs(wanted))


@pytest.mark.parametrize(
    ("slider", "stops", "labels"),
    [
        (Slider("k", "k", 2, 8, 3), [2, 5, 8], ["2", "5", "8"]),
        (Slider("k", "k", -0.1, 0.2, 0.1), [-0.1, 0.0, 0.1, 0.2], ["−0.1", "0.0", "0.1", "0.2"]),
        (Slider("k", "k", 1, 8, 2, log=True), [1, 2, 4, 8], ["1", "2", "4", "8"]),
        (Slider("k", "k", values=[16, 1000], unit="images"), [16, 1000], ["16\u00a0images", "1,000\u00a0images"]),
        (Slider("k", "k", values={"none": 0.0, "all": 1.0}), [0.0, 1.0], ["none", "all"]),
        (Slider("k", "k", 0, 1, 0.5, format=".0%"), [0, 0.5, 1], ["0%", "50%", "100%"]),
    ],
)
def test_stops_and_their_words(slider: Slider, stops: list, labels: list[str]) -> None:
    assert (slider.stops, slider.labels) == (stops, labels)


def test_whole_numbers_stay_int() -> None:
    assert {type(stop) for stop in Slider("bits", "bits", 2, 8, 1).stops} == {int}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Slider("k", "k", 0, 1), "either low, high and step, or values"),
        (lambda: Slider("k", "k", 0, 1, 0.1, values=[1]), "either low, high and step, or values"),
        (lambda: Slider("k", "k", 1, 0, 0.1), "expected low < high and step > 0"),
        (lambda: Slider("k", "k", 0, 8, 2, log=True), "expected 0 < low < high and a ratio step > 1"),
        (lambda: Slider("k", "k", 0, 1, 1e-4), "10,001 stops: expected at most 2,001"),
        (lambda: Slider("k", "k", 0, 1, 0.1, 2), "set to 2: expected a number from 0 to 1"),
        (lambda: Slider("k", "k", values=[1, 2], value=3), "set to 3: expected one of 1, 2"),
        (lambda: Slider("bit width", "k", 0, 1, 0.1), "'bit width': expected a keyword"),
        (lambda: Slider("k", " ", 0, 1, 0.1), "'k' has no label"),
        (lambda: Choice("k", "k", ["one"]), "1 options: expected two or more"),
        (lambda: Choice("k", "k", ["a", "b"], "c"), "set to 'c': expected one of 'a', 'b'"),
        (lambda: Toggle("k", "k", 1), "set to 1: expected True or False"),
    ],
)
def test_control_that_cannot_be(make: Callable, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# ------------------------------------------------------------------------------------------------ panels
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Line(range(4001), range(4001)), "4,001 values: a layer shows at most 4,000"),
        (lambda: Line([0, 1], [0, np.inf]), "Line.y holds infinite values"),
        (lambda: Line([0, 1], [[0, 1]]), r"Line.y has shape \(1, 2\): expected one dimension"),
        (lambda: Line([0, 1], [0]), "Line has 2 x and 1 y: expected as many"),
        (lambda: Line([0], [0], color="blue"), "color is 'blue': expected one of data"),
        (lambda: Line([0], [0], color=len(SERIES)), "or a place from 0 to 5"),
        (lambda: Line([0], [0], style="wavy"), "Line.style is 'wavy': expected one of solid"),
        (lambda: Bars([0, 1, 2, 3], [1, 2]), "Bars has 4 x and 2 heights: expected as many, or one more"),
        (lambda: Bars(["a", "b", "c"], [1, 2]), r"Bars has 3 x and 2 heights: expected as many\."),
        (lambda: Bars(["a", "b"], [1, 2], highlight=[2]), "expected indices from 0 to 1"),
        (lambda: Points([0], [0], marker="star"), "Points.marker is 'star'"),
        (lambda: Points([0], [0], low=[0]), "only one of low and high"),
        (lambda: Points([0], [0], low=[0, 1], high=[1, 2]), "1 y and 2 low: expected as many"),
        (lambda: VLine(np.inf), "VLine.value holds infinite"),
        (lambda: panel_of(x_range=(2, 1)), r"x_range is \(2, 1\): expected low < high"),
        (
            lambda: panel_of(y_range=(0, 1), y_log=True),
            "y_range is .* expected 0 < low < high, because the axis is log",
        ),
        (lambda: panel_of(Line([0], [-1]), y_log=True), "no value is positive"),
        (lambda: panel_of(Bars(["a"], [1]), Bars(["b"], [1])), "different categories"),
        (lambda: Picture([], say="Nothing."), "0 panels: expected 1 to 3"),
        (lambda: Picture([panel_of()] * 4, say="Much."), "4 panels: expected 1 to 3"),
        (lambda: Picture([panel_of()], say=" "), "Picture.say is empty"),
        (lambda: Picture([panel_of()], say="Much.", facts=[("a", "b")] * 7), "7 facts: expected at most 6"),
    ],
)
def test_picture_that_cannot_be_drawn(make: Callable, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(("layers", "got"), [((), "no layer"), (("Line",), "a str")])
def test_panel_of_something_else(layers: tuple, got: str) -> None:
    with pytest.raises(TypeError, match=f"{got}: expected Line, Bars"):
        Panel("t", "x", "y", layers)


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e6))
def test_linear_ticks_lie_inside_evenly(low: float, span: float) -> None:
    values = np.array([value for value, _ in linear_ticks(low, low + span)])
    assert 2 <= values.size <= 8
    assert values.min() >= low - 1e-8 * span - 1e-9 * abs(low)
    assert values.max() <= low + span + 1e-8 * span + 1e-9 * abs(low)
    np.testing.assert_allclose(np.diff(values), np.diff(values).mean(), rtol=1e-4)


@given(st.floats(-4, 4), st.floats(0.01, 9))
def test_labels_of_ticks_are_their_values(power: float, span: float) -> None:
    for value, label in (*linear_ticks(-(10**power), 10**power * span), *log_ticks(10**power, 10 ** (power + span))):
        assert number_of(label) == pytest.approx(value), label


def number_of(label: str) -> float:
    """Read a label of a tick: −0.25, 20,000, 10⁻⁶ or 2·10⁻⁶."""
    label = label.replace("−", "-").replace(",", "")
    power = re.fullmatch(r"(-?)(?:([\d.]+)·)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", label)
    if not power:
        return float(label)
    sign, lead, exponent = power.groups()
    return float(f"{sign}{lead or 1}e{exponent.translate(str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789'))}")


def test_bars_stand_on_zero() -> None:
    _, y_axis = panel_of(Bars([0, 1, 2], [5, 7])).axes
    assert (y_axis.low, y_axis.high) == (0, 8)


def test_bars_of_one_category_stand_side_by_side() -> None:
    panel = panel_of(Bars(["a", "b"], [1, 2]), Bars(["a", "b"], [3, 4]))
    (left, right), (next_left, next_right) = panel.bars().values()
    np.testing.assert_allclose(right, next_left)
    np.testing.assert_allclose(next_right[0] - left[0], 0.8)


# ----------------------------------------------------------------------------------------- static twin
EVERY_LAYER = (
    Band(0, 0.5, "clipped"),
    Bars([0, 1, 2], [2, 3], label="bars", highlight=[1], highlight_label="worst"),
    Line([0, 1, 2], [1, np.nan, 3], label="line", color="zero"),
    Points([0, 2], [1, 2], label="points", low=[0.5, 1], high=[1.5, 3]),
    VLine(1, "one", "green"),
    HLine(2, "two"),
)


def test_static_twin_has_the_axes_of_the_frame() -> None:
    panel = panel_of(*EVERY_LAYER)
    axes = draw_picture(Picture([panel], say="All.")).axes[0]
    frame = picture_frame(Picture([panel], say="All."))["panels"][0]
    assert axes.get_xlim() == (frame["x"]["low"], frame["x"]["high"])
    assert axes.get_ylim() == (frame["y"]["low"], frame["y"]["high"])
    assert [label.get_text() for label in axes.get_xticklabels()] == [label for _, label in frame["x"]["ticks"]]
    assert [label.get_text() for label in axes.get_yticklabels()] == [label for _, label in frame["y"]["ticks"]]
    assert (axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()) == ("A title", "x (units)", "y (units)")


def test_static_twin_has_the_colours_of_the_frame() -> None:
    lines = [Line([0, 1], [i, i + 1]) for i in range(4)]
    picture = Picture([panel_of(*lines)], say="Four.")
    drawn = [to_hex(line.get_color()).upper() for line in draw_picture(picture).axes[0].lines]
    assert drawn == [PALETTE[layer["color"]] for layer in picture_frame(picture)["panels"][0]["layers"]]
    assert len(set(drawn)) == 4


def test_legend_names_every_layer_but_vertical_lines() -> None:
    axes = draw_picture(Picture([panel_of(*EVERY_LAYER)], say="All.")).axes[0]
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["clipped", "bars", "worst", "line", "points", "two"]
    assert [text.get_text() for text in axes.texts] == ["one"]


def test_legend_covers_no_data() -> None:
    figure = draw_picture(Picture([panel_of(*EVERY_LAYER)] * 3, say="All."))
    figure.canvas.draw()
    for axes in figure.axes:
        plot, legend, title = (part.get_window_extent() for part in (axes.patch, axes.get_legend(), axes._left_title))
        name = axes.texts[0].get_window_extent()
        assert plot.y1 <= name.y0 < name.y1 <= legend.y0 + 3 < legend.y1 <= title.y0 + 3


def test_names_that_do_not_fit_are_turned() -> None:
    names = [f"layer{i}.conv" for i in range(12)]
    figure = draw_picture(Picture([panel_of(Bars(names, range(12)))] * 2, say="Many."))
    assert all(label.get_rotation() > 0 for label in figure.axes[0].get_xticklabels())


def test_facts_and_title_stand_above() -> None:
    picture = Picture([panel_of()], say="Facts.", facts=[("SQNR", "31.2 dB"), ("levels", "16")])
    words = draw_picture(picture, title="Above").get_suptitle()
    assert words == "Above\nSQNR: 31.2 dB\u2003levels: 16"


def test_output_carries_the_static_twin(widget: Explorable) -> None:
    data, metadata = widget._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == (
        "Static picture of 'Parabolas' at factor 2.0\u00a0σ, points 5, switch off: k is 2."
    )


def test_output_is_the_same_every_time() -> None:
    first, second = (explore(CONTROLS, parabola, title="P")._repr_mimebundle_()[0] for _ in range(2))
    assert first["image/png"] == second["image/png"]
    assert first["text/plain"] == second["text/plain"] == "Explorable('P', k=2, n=5, on=False)"


# ----------------------------------------------------------------------------------------- the widget
def test_draw_receives_the_values_by_name(widget: Explorable) -> None:
    assert widget.values == {"k": 2.0, "n": 5, "on": False}
    assert widget.picture.panels[0].layers[0].y[-1] == 8


def test_frame_holds_the_columns_as_float32(widget: Explorable) -> None:
    line = widget._frame["panels"][0]["layers"][0]
    np.testing.assert_array_equal(np.frombuffer(line["y"], "<f4"), 2 * np.linspace(0, 2, 5, dtype="f4") ** 2)


def test_bars_beside_bars_are_striped() -> None:
    names = ["a", "b"]
    frame = picture_frame(Picture([panel_of(Bars(names, [1, 2]), HLine(1), Bars(names, [2, 1]))], say="Two."))
    assert [layer.get("striped") for layer in frame["panels"][0]["layers"]] == [False, None, True]


def test_every_move_is_answered_once(widget: Explorable) -> None:
    from_browser(widget, k=2)
    from_browser(widget, k=2)  # nothing changes
    from_browser(widget, k=8)  # no picture
    assert widget._answered == 3
    widget.set_state({"guess": 2.0})
    widget.set(k=1)
    assert widget._answered == 3


def test_slider_has_as_many_stops_as_the_choice_that_it_follows_says() -> None:
    slider = Slider("k", "channel", 0, 100, 1, follows="layer", counts={"a": 16, "b": 3})
    specs = explore([slider, Choice("layer", "layer", ["b", "a"])], lambda k, layer: parabola(), title="P")._controls
    assert (specs[0]["follows"], specs[0]["counts"], "counts" in specs[1]) == ("layer", [3, 16], False)


@pytest.mark.parametrize(("name", "counts"), [("other", {"a": 2, "b": 2}), ("layer", {"a": 2}), ("layer", None)])
def test_slider_that_cannot_follow(name: str, counts: dict | None) -> None:
    controls = [Slider("k", "k", 0, 4, 1, follows=name, counts=counts), Choice("layer", "layer", ["a", "b"])]
    with pytest.raises(ValueError, match=r"'k' follows .* a number of stops from 2 to 5"):
        explore(controls, lambda k, layer: parabola(), title="P")


def test_browser_moves_values_and_picture(widget: Explorable) -> None:
    from_browser(widget, k=2, on=1)
    assert widget.values == {"k": 1.0, "n": 5, "on": True}
    assert widget._frame["say"] == "k is 1."


def test_python_moves_values_and_picture(widget: Explorable) -> None:
    widget.set(k=3, n=3)
    assert (widget._places["k"], widget._places["n"], widget._frame["say"]) == (6, 0, "k is 3.")


def test_one_move_draws_once() -> None:
    calls = []
    widget = explore(CONTROLS[:1], lambda k: calls.append(k) or parabola(k), title="P")
    widget.set(k=1)
    from_browser(widget, k=0)
    assert calls == [2.0, 1.0, 0.0]


def test_error_in_draw_keeps_the_picture_and_becomes_a_sentence(widget: Explorable) -> None:
    from_browser(widget, k=8)
    assert widget._problem == "No picture for these values: ZeroDivisionError: four is one too many"
    assert widget._frame["say"] == "k is 2."
    from_browser(widget, k=2)
    assert (widget._problem, widget._frame["say"]) == ("", "k is 1.")


def test_error_reaches_python_when_python_moved(widget: Explorable) -> None:
    with pytest.raises(ZeroDivisionError):
        widget.set(k=4)
    assert (widget.values["k"], widget._places["k"]) == (2.0, 4)


@pytest.mark.parametrize(("values", "message"), [({"z": 1}, "no control 'z'"), ({"k": 9}, "expected a number from 0")])
def test_python_cannot_move_what_is_not_there(widget: Explorable, values: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        widget.set(**values)


def test_draw_must_return_a_picture() -> None:
    with pytest.raises(TypeError, match="draw returned a NoneType: expected a Picture"):
        explore(CONTROLS[:1], lambda k: None, title="P")


def test_answer_follows_the_values_until_the_guess_is_locked() -> None:
    widget = explore(CONTROLS[:1], parabola, title="P", predict="How much?", answer=lambda k: k / 3)
    assert widget.answer == 0.6667
    widget.set(k=3)
    assert widget.answer == 1
    widget.guess = 2.0
    widget.set(k=0)
    assert widget.answer == 1


@pytest.mark.parametrize(
    ("controls", "options", "message"),
    [
        ([], {}, "one or more, each with a name of its own"),
        ([CONTROLS[0], CONTROLS[0]], {}, "one or more, each with a name of its own"),
        (CONTROLS, {"answer": 3}, "no question"),
    ],
)
def test_explorable_that_cannot_be(controls: list, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        explore(controls, parabola, title="P", **options)


@pytest.mark.parametrize("name", PALETTE)
def test_widget_has_every_colour_of_the_palette(name: str) -> None:
    expected = "var(--zp-quiet)" if name == "levels" else PALETTE[name].lower()  # neutral: follows the theme
    assert f"--zp-{name}: {expected};" in Explorable._css
    assert f".zp-ink-{name} {{" in Explorable._css


def test_example_of_the_docstring_runs() -> None:
    source = Path(module.__file__).read_text(encoding="utf-8")
    example = re.search(r"::\n\n((?:    .*\n|\n)+)", source).group(1)
    code = re.sub("^    ", "", example, flags=re.MULTILINE).replace("\nexplore(", "\nwidget = explore(")
    names: dict[str, Any] = {}
    exec(code, names)
    assert repr(names["widget"]) == "Explorable('Where to clip', clip=2.5, bits=4, signed=True)"


def test_pictures_need_no_widget_library() -> None:
    code = (
        "import sys; from zeropoint.lab import Line, Panel, Picture, Slider, draw_picture; "
        "sys.exit(any(m in sys.modules for m in ('ipywidgets', 'anywidget', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

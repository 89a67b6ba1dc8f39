"""The pictures of lesson 11 show the allocation, the costs and the steps that they were given."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pandas
import pytest

from zeropoint.lab import Bars, HLine, Line, Points, VLine, draw_picture
from zeropoint.lessons.lesson_11 import figures as pictures
from zeropoint.lessons.lesson_11.budget import bytes_for
from zeropoint.quant import E4M3, E5M2
from zeropoint.vision.statistics import PairedDifference

COSTS = pandas.DataFrame(
    {2: [9.0, 8.0, 4.0], 4: [2.0, 0.9, 0.8], 8: [0.0, 0.0, 0.0]}, index=["conv1", "stage2.0.shortcut.0", "fc"]
)
COUNTS = {"conv1": 80, "stage2.0.shortcut.0": 800, "fc": 8000}
LOSS = PairedDifference(gained=2, lost=52, n=1000)
CASTS = {E4M3: ml_dtypes.float8_e4m3fn, E5M2: ml_dtypes.float8_e5m2}
GREEDY, UNIFORM = {3.0: LOSS, 4.0: PairedDifference(1, 11, 1000)}, {4.0: LOSS}


def picture(average: float):
    return pictures.allocation_picture(COSTS, COUNTS, 100, average, GREEDY, UNIFORM)


@pytest.mark.parametrize("average", pictures.AVERAGES)
def test_bars_are_an_allocation_that_fits_the_budget(average: float) -> None:
    bars = next(layer for layer in picture(average).panels[0].layers if isinstance(layer, Bars))
    size = 100 + sum(n * b / 8 for n, b in zip(COUNTS.values(), bars.heights, strict=True))
    assert size <= bytes_for(COUNTS, 100, average)
    assert set(bars.heights) <= {2, 4, 8}
    assert bars.categories == ("conv1", "2.0 shortcut", "fc")


def test_facts_hold_the_sum_of_the_table_and_what_was_measured() -> None:
    shown = picture(4.0)
    bits = next(layer for layer in shown.panels[0].layers if isinstance(layer, Bars)).heights
    cost = sum(COSTS.loc[name, int(b)] for name, b in zip(COSTS.index, bits, strict=True))
    assert dict(shown.facts) == {
        "size": "4.5 kB",
        "predicted cost": f"{cost:.3g}",
        "uniform would cost": "3.7",
        "top-1 against FP32": "−1.00 points",
    }


def test_nothing_is_made_up_between_measurements() -> None:
    assert dict(picture(3.25).facts)["top-1 against FP32"] == "not measured"
    assert "not measured" in picture(3.25).say
    assert "uniform would cost" not in dict(picture(3.25).facts), "3.25 is no bit width"


def test_measured_points_stand_at_their_budgets_with_their_intervals() -> None:
    panel = picture(3.0).panels[1]
    uniform, greedy = (layer for layer in panel.layers if isinstance(layer, Points))
    assert greedy.x.tolist() == [bytes_for(COUNTS, 100, a) / 1000 for a in GREEDY]
    assert greedy.y.tolist() == [-5, -1] and uniform.y.tolist() == [-5]
    assert (greedy.low[0], greedy.high[0]) == LOSS.interval
    assert next(layer for layer in panel.layers if isinstance(layer, VLine)).value == greedy.x[0]
    assert "n = 1,000" in panel.title


def test_every_stop_of_the_slider_has_a_picture_and_the_question_its_answer() -> None:
    widget = pictures.explore_allocation(
        COSTS, COUNTS, 100, greedy=GREEDY, uniform=UNIFORM, predict="How many bits?", answer=8
    )
    for average in pictures.AVERAGES:
        widget.set(average=average)
        assert f"At {average:g} bits" in widget.picture.say
        assert widget.answer == 8, "the answer stays that of the question"


def test_costs_are_drawn_in_the_order_of_the_table() -> None:
    shown = pictures.costs_picture(COSTS, 4)
    assert shown.panels[0].layers[0].heights.tolist() == [2, 0.9, 0.8]
    assert "conv1 costs most, 2 times as much as fc" in shown.say


@pytest.mark.parametrize("fmt", [E4M3, E5M2], ids=str)
def test_the_step_is_the_distance_of_neighbouring_values(fmt) -> None:
    line = next(layer for layer in pictures.relative_step_picture([fmt]).panels[0].layers if layer.label == fmt.name)
    raw = np.arange(256, dtype=np.uint8).view(CASTS[fmt]).astype(np.float64)
    levels = np.unique(raw[np.isfinite(raw) & (raw >= 0)])
    value = line.x * fmt.max_val * (1 - 1e-9)  # a little below, for at a power of two the step changes
    value = value[value < levels[-1]]
    place = np.searchsorted(levels, value)
    between = levels[place] - levels[place - 1]
    whole = np.isin(value / (1 - 1e-9), levels)
    drawn = (line.y / 100 * line.x * fmt.max_val)[: value.size]
    assert np.allclose(drawn[~whole], between[~whole])


def test_the_integer_has_one_step_everywhere() -> None:
    line = pictures.relative_step_picture([], integer_bits=4).panels[0].layers[0]
    assert line.label == "INT4" and np.allclose(line.x * line.y, 100 / 7)


def test_formats_are_a_curve_and_points_at_their_bits() -> None:
    shown = pictures.formats_picture({"INT": [(3, 9.0), (4, 16.0)], "MXFP4": [(4.25, 18.7)]}, "Formats")
    curve, point = shown.panels[0].layers
    assert isinstance(curve, Line) and isinstance(point, Points)
    assert (point.x[0], point.y[0]) == (4.25, 18.7)
    assert "MXFP4 18.7 dB at 4.25 bits" in shown.say


def test_predicted_costs_are_the_places_of_the_losses() -> None:
    losses = {"uniform": UNIFORM, "greedy": GREEDY}
    panel = pictures.prediction_picture({"uniform": [3.7], "greedy": [5.0, 2.0]}, losses).panels[0]
    uniform, greedy = (layer for layer in panel.layers if isinstance(layer, Points))
    assert uniform.x.tolist() == [3.7] and greedy.x.tolist() == [5, 2] and greedy.y.tolist() == [-5, -1]
    assert panel.x_log and any(isinstance(layer, HLine) for layer in panel.layers)


def test_pictures_can_be_drawn() -> None:
    figure = draw_picture(picture(3.0))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Bits of each layer",
        "Measured (n = 1,000, 95 % intervals)",
    ]

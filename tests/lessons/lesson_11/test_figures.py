"""The pictures of lesson 11 show the allocation and the costs that they were given."""

from __future__ import annotations

import pandas
import pytest

from zeropoint.lab import Bars, HLine, Points, VLine, draw_picture
from zeropoint.lessons.lesson_11 import figures as pictures
from zeropoint.lessons.lesson_11.budget import bytes_for
from zeropoint.vision.statistics import PairedDifference

COSTS = pandas.DataFrame(
    {2: [9.0, 8.0, 4.0], 4: [2.0, 0.9, 0.8], 8: [0.0, 0.0, 0.0]}, index=["conv1", "stage2.0.shortcut.0", "fc"]
)
COUNTS = {"conv1": 80, "stage2.0.shortcut.0": 800, "fc": 8000}
LOSS = PairedDifference(gained=2, lost=52, n=1000)
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
        assert f"At {average:g} bits per weight" in widget.picture.say
        assert widget.answer == 8, "the answer stays that of the question"


def test_costs_are_drawn_in_the_order_of_the_table() -> None:
    shown = pictures.costs_picture(COSTS, 4)
    assert shown.panels[0].layers[0].heights.tolist() == [2, 0.9, 0.8]
    assert "conv1 costs most, 2 times as much as fc" in shown.say


def test_predicted_costs_are_the_places_of_the_losses() -> None:
    losses = {"uniform": UNIFORM, "greedy": GREEDY}
    shown = pictures.prediction_picture({"uniform": [3.7], "greedy": [5.0, 2.0]}, losses)
    assert "greedy, cost 2: -1.0 points" in shown.say
    panel = shown.panels[0]
    uniform, greedy = (layer for layer in panel.layers if isinstance(layer, Points))
    assert uniform.x.tolist() == [3.7] and greedy.x.tolist() == [5, 2] and greedy.y.tolist() == [-5, -1]
    assert panel.x_log and any(isinstance(layer, HLine) for layer in panel.layers)


def test_pictures_can_be_drawn() -> None:
    figure = draw_picture(picture(3.0))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Bits of each layer",
        "Measured (n = 1,000, 95 % intervals)",
    ]

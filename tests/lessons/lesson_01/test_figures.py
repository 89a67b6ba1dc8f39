"""The pictures of lesson 01: what they show agrees with the arithmetic of the roofline."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zeropoint.lab.layers import Bars, Points
from zeropoint.lessons.lesson_01 import drawings
from zeropoint.lessons.lesson_01.figures import (
    budget_picture,
    explore_budget,
    plot_layers,
    plot_measured,
    plot_small_products,
)
from zeropoint.lessons.lesson_01.material import by_kind
from zeropoint.machine import Timing
from zeropoint.roofline import Device
from zeropoint.vision import zoo
from zeropoint.vision.costs import layer_costs
from zeropoint.vision.models import mobilenet

DEVICE = Device(bandwidth=8e9, fp32=20e9, int8=80e9)
COSTS = layer_costs(mobilenet().eval(), torch.zeros(1, 3, 32, 32))


def test_layers_lie_on_their_roof_in_both_precisions() -> None:
    figure = plot_layers(COSTS, DEVICE)
    for axes, bits in zip(figure.axes, (32, 8), strict=True):
        drawn = np.concatenate([line.get_xydata() for line in axes.lines[1:]])
        assert len(drawn) == len(COSTS)
        reach = [DEVICE.attainable(x, bits) / 1e9 for x, _ in drawn]
        np.testing.assert_allclose(drawn[:, 1], reach)


def test_both_panels_have_the_same_axes() -> None:
    first, second = plot_layers(COSTS, DEVICE).axes
    assert first.get_ylim() == second.get_ylim() and first.get_xlim() == second.get_xlim()


def test_measured_layers_are_drawn_at_their_best_rate() -> None:
    times = {cost.layer: Timing(1e-3, 2e-3, 3e-3, 5) for cost in COSTS}
    (axes,) = plot_measured(COSTS, times, DEVICE, 40e9).axes
    drawn = np.concatenate([line.get_ydata() for line in axes.lines[2:]])
    np.testing.assert_allclose(sorted(drawn), sorted(cost.macs / 1e-3 / 1e9 for cost in COSTS))


@pytest.mark.parametrize(("bits", "words"), [(32, "over the budget"), (8, "within the budget")])
def test_picture_says_whether_the_frame_fits(bits: int, words: str) -> None:
    picture = budget_picture(25, bits, 10, 0.5, DEVICE)
    assert words in picture.say
    assert dict(picture.facts)["file"] == f"{25 * bits / 8:.4g} MB"


def test_bars_show_all_four_precisions() -> None:
    picture = budget_picture(25, 8, 10, 1, DEVICE)
    moving, multiplying = (layer for layer in picture.panels[0].layers if isinstance(layer, Bars))
    np.testing.assert_allclose(moving.heights, [17.5, 8.75, 4.375, 2.8125])
    np.testing.assert_allclose(multiplying.heights, [50, 50, 12.5, 12.5])
    assert not any(isinstance(layer, Points) for panel in picture.panels for layer in panel.layers)


def test_widget_starts_at_another_network_than_that_of_its_question_and_moves() -> None:
    widget = explore_budget(DEVICE)  # 1 GMAC over 20 GMAC/s: 50 ms
    assert dict(widget.picture.facts)["at most"] == "20 frames/s"
    assert "18.2 frames" in widget.predict and widget.answer == 133.3
    widget.set(parameters_m=100, gmacs=0.1)  # 110 million values over 8 GB/s: 55 ms; with INT4 weights 60 MB: 7.5 ms
    assert dict(widget.picture.facts)["at most"] == "18.2 frames/s"
    widget.set(bits=4)
    assert dict(widget.picture.facts)["at most"] == "133 frames/s"
    assert widget.answer == 133.3


def test_widget_without_a_question() -> None:
    assert explore_budget(DEVICE, predict=False).predict == ""


def test_alternative_texts_tell_what_the_pictures_show() -> None:
    layers = plot_layers(COSTS, DEVICE).say  # ridges at 20 / 8 = 2.5 and 80 / 8 = 10 MAC per byte
    assert "FP32: on the slope 9 depthwise, 1 linear; at the top" in layers
    times = {cost.layer: Timing(1.0, 2.0, 3.0, 5) for cost in COSTS}
    assert "depthwise 0%" in plot_measured(COSTS, times, DEVICE, 40e9).say
    assert "FP32 1 → 100 GMAC/s" in plot_small_products([8, 256], {"FP32": [1.0, 100.0]}).say


@pytest.mark.parametrize("draw", [drawings.resnet20, drawings.roofline])
def test_drawings_say_what_they_show(draw) -> None:
    assert len(draw().say.split()) > 40


def test_the_drawn_names_are_those_of_the_network() -> None:
    names = set(dict(zoo.load("resnet20").named_modules()))
    assert {"conv1", "bn1", "relu", "stage1.0.conv1", "stage3.2.relu2", "stage2.0.shortcut.1", "pool", "fc"} <= names
    assert "stage1.0.shortcut.0" not in names


def test_the_table_holds_every_layer_once_and_the_median_intensity_of_its_kind() -> None:
    table = by_kind({"MobileNet": COSTS})
    assert table["layers"].sum() == len(COSTS)
    assert table["MMAC"].sum() == pytest.approx(sum(cost.macs for cost in COSTS) / 1e6)
    pointwise = [cost.intensity(8) for cost in COSTS if cost.kind.startswith("pointwise")]
    assert table.loc[("MobileNet", "pointwise 1×1"), "INT8 MAC/B"] == pytest.approx(np.median(pointwise))

"""The pictures of lesson 10."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.deploy.comparison import Ratio
from zeropoint.lab import draw_picture
from zeropoint.lessons.lesson_10 import figures
from zeropoint.lessons.lesson_10.dot_products import DotProducts, hit_share


@pytest.fixture(scope="module")
def layer() -> DotProducts:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (40, 9)).astype("float32")
    w = rng.uniform(0.4, 1, (5, 9)).astype("float32")
    return DotProducts(x, w, (0.0, 1.0))


def test_static_figure_hides_what_more_bits_would_show(layer: DotProducts) -> None:
    picture = figures.saturation_picture(layer, 7, 8, "conv1")
    points = picture.panels[1].layers[0]
    assert np.isnan(points.y[3]) and points.y[:3].tolist() == [0, 0, 0]
    assert ("largest possible sum", "32,130") in picture.facts


def test_widget_has_a_picture_at_every_stop_and_asks_for_the_first_layer(layer: DotProducts) -> None:
    other = DotProducts(layer.x / 9, layer.w, (0.0, 1.0))
    widget = figures.explore_saturation({"first": layer, "other": other}, predict="How many?")
    assert widget.values["weight_bits"] == 7, "the still would show the answer"
    assert widget.answer == pytest.approx(hit_share(layer, 8, 8), rel=1e-3)
    for name in ("first", "other"):
        for bits in figures.BITS:
            widget.set(layer=name, weight_bits=bits, activation_bits=bits)
            assert f"{bits}-bit weights" in widget.picture.say


def test_ratio_picture_marks_where_nothing_is_gained() -> None:
    ratios = {"batch 1": {"A": Ratio(0.5, 0.4, 0.6), "B": Ratio(1.2, 1.1, 1.3)}}
    picture = figures.ratio_picture(ratios, "INT8 against FP32")
    line, points = picture.panels[0].layers
    assert line.value == 1 and points.low.tolist() == [0.4, 1.1]
    assert "B, batch 1: 1.20 (1.10 … 1.30)" in picture.say
    assert draw_picture(picture).axes[0].get_ylim()[1] > 1.3


def test_time_picture_has_bars_for_every_kind_even_if_one_network_lacks_it() -> None:
    picture = figures.time_picture({"a": {"INT8": 1.0}, "b": {"INT8": 0.7, "FP32": 0.3}}, "Time")
    assert [bars.label for bars in picture.panels[0].layers] == ["INT8", "FP32"]
    assert picture.panels[0].layers[1].heights.tolist() == [0, 30]

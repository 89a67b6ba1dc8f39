"""The pictures of lesson 10, its profiles, and the simulated machine of its timer."""

from __future__ import annotations

import numpy as np
import pytest

from zeropoint.course.checks.lesson_10_profile import SEEDS, read_profile
from zeropoint.course.profiles import draw_profile
from zeropoint.deploy.comparison import Ratio
from zeropoint.deploy.saturation import saturating_dot
from zeropoint.lab import draw_picture
from zeropoint.lab import lesson_10 as pictures


@pytest.fixture(scope="module")
def layer() -> pictures.DotProducts:
    rng = np.random.default_rng(0)
    x, w = rng.uniform(0, 1, (40, 9)).astype("float32"), rng.uniform(0.4, 1, (5, 9)).astype("float32")
    return pictures.DotProducts(x, w, (0.0, 1.0))


def test_share_of_hit_dot_products_is_that_of_the_instruction(layer) -> None:
    u = np.round(layer.x * 255).astype(np.uint8)
    s = np.round(layer.w / layer.w.max(1, keepdims=True) * 127).astype(np.int8)
    exact = u[:, None, :].astype(int) * s[None].astype(int)
    wrong = exact.sum(-1) != saturating_dot(u[:, None, :], s[None])
    assert 0.2 < wrong.mean() < 0.999
    assert pictures.hit_share(layer, 8, 8) == pytest.approx(100 * wrong.mean(), abs=1)


@pytest.mark.parametrize(("weight_bits", "activation_bits"), [(7, 8), (8, 7), (5, 5)])
def test_one_bit_less_on_either_side_never_saturates(layer, weight_bits: int, activation_bits: int) -> None:
    ones = pictures.DotProducts(np.ones((2, 4), "float32"), np.ones((1, 4), "float32"), (0.0, 1.0))
    assert pictures.hit_share(ones, 8, 8) == 100
    assert pictures.hit_share(ones, weight_bits, activation_bits) == 0


def test_static_figure_hides_what_more_bits_would_show(layer) -> None:
    picture = pictures.saturation_picture(layer, 7, 8, "conv1")
    points = picture.panels[1].layers[0]
    assert np.isnan(points.y[3]) and points.y[:3].tolist() == [0, 0, 0]
    assert ("largest possible sum", "32,130") in picture.facts


def test_widget_has_a_picture_at_every_stop_and_asks_for_the_first_layer(layer) -> None:
    other = pictures.DotProducts(layer.x / 9, layer.w, (0.0, 1.0))
    widget = pictures.explore_saturation({"first": layer, "other": other}, predict="How many?")
    assert widget.answer == pytest.approx(pictures.hit_share(layer, 8, 8), rel=1e-3)
    for name in ("first", "other"):
        for bits in pictures.BITS:
            widget.set(layer=name, weight_bits=bits, activation_bits=bits)
            assert f"{bits}-bit weights" in widget.picture.say


def test_ratio_picture_marks_where_nothing_is_gained() -> None:
    ratios = {"batch 1": {"A": Ratio(0.5, 0.4, 0.6), "B": Ratio(1.2, 1.1, 1.3)}}
    picture = pictures.ratio_picture(ratios, "INT8 against FP32")
    line, points = picture.panels[0].layers
    assert line.value == 1 and points.low.tolist() == [0.4, 1.1]
    assert "B, batch 1: 1.20 (1.10 … 1.30)" in picture.say
    assert draw_picture(picture).axes[0].get_ylim()[1] > 1.3


def test_time_picture_has_bars_for_every_kind_even_if_one_network_lacks_it() -> None:
    picture = pictures.time_picture({"a": {"INT8": 1.0}, "b": {"INT8": 0.7, "FP32": 0.3}}, "Time")
    assert [bars.label for bars in picture.panels[0].layers] == ["INT8", "FP32"]
    assert picture.panels[0].layers[1].heights.tolist() == [0, 30]


def test_profiles_of_one_seed_are_equal_and_those_of_the_check_differ_in_what_they_ask() -> None:
    assert draw_profile(4).equals(draw_profile(4))
    found = [read_profile(draw_profile(seed)) for seed in SEEDS]
    assert found[0][0] and any(not fallbacks for fallbacks, _, _ in found)
    assert any(conversions < 2 * len(fallbacks) for fallbacks, conversions, _ in found), "neighbours share conversions"


@pytest.mark.parametrize("seed", range(30))
def test_types_of_a_profile_fit_from_kernel_to_kernel(seed: int) -> None:
    profile = draw_profile(seed)
    assert profile["reads"].tolist()[1:] == profile["writes"].tolist()[:-1]
    converts = profile["kernel"].isin(["QuantizeLinear", "DequantizeLinear"])
    assert ((profile["reads"] != profile["writes"]) == converts).all()

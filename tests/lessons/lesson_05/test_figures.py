"""The pictures of lesson 05: what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lessons.lesson_05.test_channels import rounded_by_hand, weights
from zeropoint.lab import HLine, Line, Points, VLine, draw_picture
from zeropoint.lessons.lesson_05 import channels, collapse, figures
from zeropoint.vision.statistics import accuracy


def test_rank_goes_from_the_quietest_to_the_loudest_channel() -> None:
    weight = weights(5, 8, 1, 1)
    order = np.argsort(np.abs(weight).max(axis=(1, 2, 3)))
    for rank, channel in ((0, order[0]), (50, order[2]), (100, order[4])):
        assert f"Channel {channel} with" in figures.channel_picture(weight, rank, "per-channel", 4).say


@pytest.mark.parametrize("scheme", list(channels.SCHEMES))
def test_weights_and_levels_are_drawn_in_one_order_and_every_level_lies_on_the_grid(scheme: str) -> None:
    weight = weights(4, 16, 2, 1)
    panel = figures.channel_picture(weight, 40, scheme, 3, "layer").panels[0]
    line = next(layer for layer in panel.layers if isinstance(layer, Line))
    real, level = (layer.y for layer in panel.layers if isinstance(layer, Points))
    channel = np.argsort(channels.channel_ranges(weight))[round(0.4 * 3)]
    assert np.allclose(real, weight[channel].transpose(1, 2, 0).ravel())
    for x, y in enumerate(level):
        here = [line.y[i] for i in range(0, line.x.size, 3) if line.x[i] <= x <= line.x[i + 1]]
        assert np.abs(np.array(here) - y).min() < 1e-6


def test_too_many_levels_are_not_drawn_and_the_title_says_so() -> None:
    panel = figures.channel_picture(weights(4, 8, 1, 1), 0, "per-channel", 8).panels[0]
    assert not any(isinstance(layer, Line) for layer in panel.layers)
    assert "too close" in panel.title


def test_depthwise_layers_have_no_groups() -> None:
    picture = figures.channel_picture(weights(8, 1, 3, 3), 0, "per-group", 4)
    assert "no groups here" in picture.panels[0].title
    names = [layer.label for layer in picture.panels[1].layers if isinstance(layer, Line)]
    assert names == ["per-tensor", "per-channel"]


def test_mark_stands_at_the_channel_and_the_curves_hold_its_sqnr() -> None:
    picture = figures.channel_picture(weights(6, 8, 1, 1), 60, "per-tensor", 4)
    panel = picture.panels[1]
    place = next(layer.value for layer in panel.layers if isinstance(layer, VLine))
    curve = next(layer for layer in panel.layers if isinstance(layer, Line) and layer.label == "per-tensor")
    assert place == 3
    assert ("SQNR", f"{curve.y[3]:.1f} dB") in picture.facts
    assert f"per-tensor {curve.y[0]:.1f} to {curve.y[-1]:.1f} dB" in picture.say


def test_dead_and_almost_dead_channels_have_a_picture() -> None:
    weight = weights(4, 8, 1, 1)
    weight[0], weight[1] = 0, 1e-30
    for rank in (0, 33):
        for scheme in channels.SCHEMES:
            draw_picture(figures.channel_picture(weight, rank, scheme, 4))


def test_every_control_has_a_picture_and_the_answer_is_that_of_the_first_layer() -> None:
    layers = {"first": weights(4, 16, 1, 1), "depthwise": weights(6, 1, 3, 3)}
    widget = figures.explore_channel(layers, predict="How many?")
    assert widget.values["layer"] == "depthwise", "what is asked about must not be shown at the start"
    assert widget.answer == channels.codes_in_use(layers["first"], 0, "per-tensor", 4)
    for layer in layers:
        for scheme in channels.SCHEMES:
            for bits in (2, 8):
                widget.set(layer=layer, scheme=scheme, bits=bits, rank=100)
                assert f"at {bits} bits" in widget.picture.say


def test_ranges_are_sorted_and_dead_channels_left_out_of_the_logarithm() -> None:
    weight = np.float32([[2, -3], [0, 0], [0.5, 0.1]])
    points = figures.ranges_picture({"w": weight}, "Ranges").panels[0].layers[0]
    assert points.y == pytest.approx([np.nan, 0.5, 3], nan_ok=True)


def test_two_versions_are_drawn_in_the_order_of_the_first_so_that_a_channel_can_be_followed() -> None:
    before = np.float32([[3.0], [1.0], [2.0]])
    after = np.float32([[0.3], [8.0], [0.2]])
    first, second = figures.ranges_picture({"before": before, "after": after}, "Ranges").panels[0].layers
    assert first.y == pytest.approx([1, 2, 3]) and second.y == pytest.approx([8, 0.2, 0.3])


def test_the_sentence_counts_the_channels_that_sank() -> None:
    before = np.float32([[3.0], [1.0], [2.0]])
    after = np.float32([[0.3], [8.0], [0.2]])
    say = figures.ranges_picture({"before": before, "after": after}, "Ranges").say
    assert "after: 0.2 to 8, 2 of 3 channels lower than before" in say


def test_each_layer_is_drawn_once_with_the_mark_of_its_kind() -> None:
    picture = figures.layers_picture(["a", "b", "c"], ["one", "two", "one"], [1.0, 2.0, 3.0], "Title", "dB")
    one, two = (layer.y for layer in picture.panels[0].layers if isinstance(layer, Points))
    assert one == pytest.approx([1, np.nan, 3], nan_ok=True)
    assert two == pytest.approx([np.nan, 2, np.nan], nan_ok=True)
    assert picture.say.endswith("one 2.0; two 2.0.")


def test_kinds_with_a_single_layer_share_a_mark_so_that_a_panel_needs_three() -> None:
    kinds = ["conv", "wide", "wide", "deep", "deep", "linear"]
    picture = figures.layers_picture(list("abcdef"), kinds, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "Title", "dB")
    labels = [layer.label for layer in picture.panels[0].layers if isinstance(layer, Points)]
    assert labels == ["wide", "deep", "conv, linear"]
    assert "linear 6.0" in picture.say


@pytest.fixture
def collapsing() -> tuple[dict[int, np.ndarray], dict[tuple[str, int], np.ndarray]]:
    weight = weights(4, 8, 1, 1)
    spread = {k: weight * np.float32([2.0**-k, 1, 1, 2.0**k]).reshape(4, 1, 1, 1) for k in range(3)}
    right = {("per-tensor", k): np.arange(100) < 90 - 40 * k for k in range(3)}
    return spread, right | {("per-channel", k): np.arange(100) < 90 - k for k in range(3)}


def test_collapse_shows_nothing_of_what_comes_after_this_k(collapsing) -> None:
    panel = collapse.collapse_picture(*collapsing, 1).panels[1]
    for layer, scheme in zip(panel.layers, ("per-tensor", "per-channel"), strict=True):
        assert layer.y.tolist() == [accuracy(collapsing[1][scheme, k]).percent for k in (0, 1)]
    assert panel.axes[0].high >= 2, "the axis does not move while the dial turns"


def test_collapse_marks_half_a_step_of_the_shared_scale(collapsing) -> None:
    panel = collapse.collapse_picture(*collapsing, 2).panels[0]
    line = next(layer for layer in panel.layers if isinstance(layer, HLine))
    assert line.value == pytest.approx(np.abs(collapsing[0][2]).max() / 254)


def test_collapse_names_the_sqnr_of_the_worst_channel(collapsing) -> None:
    weight = collapsing[0][2]
    step = np.abs(weight).max() / 127
    values = rounded_by_hand(weight, step, 127)
    noise = ((values - weight) ** 2).sum(axis=(1, 2, 3))
    worst = (10 * np.log10((weight**2).sum(axis=(1, 2, 3)) / noise)).min()
    assert ("worst channel, per-tensor", f"{worst:.1f} dB") in collapse.collapse_picture(*collapsing, 2).facts


def test_collapse_dial_has_a_picture_at_every_stop(collapsing) -> None:
    widget = collapse.explore_collapse(*collapsing, predict="How much?", at=2)
    assert widget.answer == 10
    for k in range(3):
        widget.set(k=k)
        assert f"±{k}:" in widget.picture.say
        draw_picture(widget.picture)
